import { GreenifyError, invalidArgument } from './errors';
import { familyKeys, type FamilyKey, isFamilyKey } from './families';
import { describe } from './thread';

/** Which families of calls: see `monkeyPatch`. */
export type Families = Partial<Record<FamilyKey, boolean>>;

/** What `process` may be told beside being a family. */
export interface ProcessOptions {
  /** Children and workers get the settings of this process. */
  inherit?: boolean;
}

/** Options of `monkeyPatch`. */
export interface PatchOptions extends Omit<Families, 'process'> {
  /** `{ inherit: true }`: with the family, or all of them, passed on to children and workers. */
  process?: boolean | ProcessOptions;
}

function checkEntry(caller: string, key: string, value: unknown): void {
  if (!isFamilyKey(key)) {
    throw invalidArgument(`${caller}: unknown key "${key}"; the keys are ${familyKeys.join(', ')}`);
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

/** The families `options` chooses: some `true`: only those; only `false`s: all but those; nothing: all. */
export function chosenFamilies(
  options: unknown,
  caller: string,
  defaults: readonly FamilyKey[] = familyKeys,
): FamilyKey[] {
  if (options === undefined) return [...defaults];
  checkObject(options, caller, '{ socket: true }');
  const entries = Object.entries(options as Record<string, unknown>);
  for (const [key, value] of entries) checkEntry(caller, key, value);
  const keysWith = (wanted: boolean): string[] =>
    entries.filter(([, value]) => value === wanted).map(([key]) => key);
  const on = keysWith(true);
  const off = keysWith(false);
  return on.length > 0
    ? familyKeys.filter((key) => on.includes(key))
    : defaults.filter((key) => !off.includes(key));
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
  families: FamilyKey[];
  /** Undefined: as before. */
  inherit?: boolean | undefined;
}

/** As {@link chosenFamilies}; options of `process` choose that family beside the others, and no others off. */
export function chosenSettings(options: unknown, caller: string): Choice {
  const { process: asked, ...others } = (options ?? {}) as PatchOptions;
  if (typeof asked !== 'object' || asked === null) {
    return { families: chosenFamilies(options, caller) };
  }
  checkProcess(asked, caller);
  const families = chosenFamilies(others, caller);
  return {
    families: familyKeys.filter((key) => key === 'process' || families.includes(key)),
    inherit: asked.inherit,
  };
}

const inheriting = 'process:inherit';

/**
 * What a text such as `socket,sleep` chooses, as the environment variable `GREENIFY` has it; empty: all families.
 * `process:inherit` is `process: { inherit: true }`.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_ENVIRONMENT`: it names something else
 */
export function familiesOfText(text: string): PatchOptions | undefined {
  const names = text.split(',').map((name) => name.trim());
  const chosen = names.filter((name) => name !== '');
  const unknown = chosen.find((name) => name !== inheriting && !isFamilyKey(name));
  if (unknown !== undefined) {
    throw new GreenifyError(
      'ERR_GREENIFY_ENVIRONMENT',
      `GREENIFY=${text}: unknown key "${unknown}"; give some of ${[...familyKeys, inheriting].join(', ')}, separated by commas, ` +
        'or leave it empty for all',
    );
  }
  if (chosen.length === 0) return undefined;
  const options = chosen.map((name): [string, boolean | ProcessOptions] =>
    name === inheriting ? ['process', { inherit: true }] : [name, true],
  );
  return Object.fromEntries(options);
}
