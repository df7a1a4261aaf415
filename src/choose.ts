import { GreenifyError, invalidArgument } from './errors';
import { familyKeys, type FamilyKey, isPatchKey, type PatchKey, patchKeys } from './families';
import { describe } from './thread';

/** Which families of calls: see `patchLib`. */
export type Families = Partial<Record<FamilyKey, boolean>>;

/** What `process` may be told beside being a family. */
export interface ProcessOptions {
  /** Children and workers get the settings of this process. */
  inherit?: boolean;
}

/** Which families of calls, and whether the callbacks of servers run green: see `monkeyPatch`. */
export type PatchOptions = Partial<Record<Exclude<PatchKey, 'process'>, boolean>> & {
  /** `{ inherit: true }`: with the family, or everything, passed on to children and workers. */
  process?: boolean | ProcessOptions;
};

function checkEntry(caller: string, keys: readonly string[], key: string, value: unknown): void {
  if (!keys.includes(key)) {
    throw invalidArgument(`${caller}: unknown key "${key}"; the keys are ${keys.join(', ')}`);
  }
  if (typeof value !== 'boolean') {
    throw invalidArgument(`${caller}: "${key}" must be true or false, not ${describe(value)}`);
  }
}

/** @throws {TypeError} `options` is not a plain object */
export function checkObject(options: unknown, caller: string, example: string): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return;
  throw invalidArgument(`${caller} takes an object such as ${example}, not ${describe(options)}`);
}

/** The keys `options` chooses: some `true`: only those; only `false`s: all but those; nothing: all. */
function chosen<Key extends string>(
  options: unknown,
  caller: string,
  keys: readonly Key[],
  defaults: readonly Key[],
): Key[] {
  if (options === undefined) return [...defaults];
  checkObject(options, caller, '{ socket: true }');
  const entries = Object.entries(options as Record<string, unknown>);
  for (const [key, value] of entries) checkEntry(caller, keys, key, value);
  const keysWith = (wanted: boolean): string[] =>
    entries.filter(([, value]) => value === wanted).map(([key]) => key);
  const on = keysWith(true);
  const off = keysWith(false);
  return on.length > 0
    ? keys.filter((key) => on.includes(key))
    : defaults.filter((key) => !off.includes(key));
}

export function chosenFamilies(
  options: unknown,
  caller: string,
  defaults: readonly FamilyKey[] = familyKeys,
): FamilyKey[] {
  return chosen(options, caller, familyKeys, defaults);
}

function checkProcess(options: object, caller: string): void {
  checkObject(options, `${caller}: "process"`, '{ inherit: true }');
  for (const [key, value] of Object.entries(options)) {
    if (key !== 'inherit') {
      throw invalidArgument(`${caller}: unknown key "${key}" of "process"; there is inherit`);
    }
    if (value !== undefined && typeof value !== 'boolean') {
      throw invalidArgument(`${caller}: "inherit" must be true or false, not ${describe(value)}`);
    }
  }
}

/** What `monkeyPatch` is asked for. */
export interface Choice {
  keys: PatchKey[];
  /** Undefined: as before. */
  inherit?: boolean | undefined;
}

/** Of everything there is; options of `process` choose that family beside the others, and no others off. */
export function chosenSettings(options: unknown, caller: string): Choice {
  const { process: asked, ...others } = (options ?? {}) as PatchOptions;
  if (typeof asked !== 'object' || asked === null) {
    return { keys: chosen(options, caller, patchKeys, patchKeys) };
  }
  checkProcess(asked, caller);
  const keys = chosen(others, caller, patchKeys, patchKeys);
  return {
    keys: patchKeys.filter((key) => key === 'process' || keys.includes(key)),
    inherit: asked.inherit,
  };
}

const inheriting = 'process:inherit';

/**
 * The options for `monkeyPatch` that a text such as `socket,sleep` chooses, as the environment variable `GREENIFY` has
 * it; empty: all. `process:inherit` is `process: { inherit: true }`.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_ENVIRONMENT`: it names something else
 */
export function optionsOfText(text: string): PatchOptions | undefined {
  const names = text.split(',').map((name) => name.trim());
  const wanted = names.filter((name) => name !== '');
  const unknown = wanted.find((name) => name !== inheriting && !isPatchKey(name));
  if (unknown !== undefined) {
    throw new GreenifyError(
      'ERR_GREENIFY_ENVIRONMENT',
      `GREENIFY=${text}: unknown key "${unknown}"; give some of ${[...patchKeys, inheriting].join(', ')}, ` +
        'separated by commas, or leave it empty for all',
    );
  }
  if (wanted.length === 0) return undefined;
  const options = wanted.map((name): [string, boolean | ProcessOptions] =>
    name === inheriting ? ['process', { inherit: true }] : [name, true],
  );
  return Object.fromEntries(options);
}
