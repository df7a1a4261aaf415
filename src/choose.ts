import { GreenifyError, invalidArgument } from './errors';
import { familyKeys, type FamilyKey, isPatchKey, type PatchKey, patchKeys } from './families';
import { describe } from './thread';

/** Which families of calls: see `patchLib`. */
export type Families = Partial<Record<FamilyKey, boolean>>;

/** Which families of calls, and whether the callbacks of servers run green: see `monkeyPatch`. */
export type PatchOptions = Partial<Record<PatchKey, boolean>>;

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

/** Of everything `monkeyPatch` can switch on. */
export function chosenPatches(options: unknown, caller: string): PatchKey[] {
  return chosen(options, caller, patchKeys, patchKeys);
}

/**
 * The options for `monkeyPatch` that a text such as `socket,sleep` chooses, as the environment variable `GREENIFY` has it; empty: all.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_ENVIRONMENT`: it names something else
 */
export function optionsOfText(text: string): PatchOptions | undefined {
  const names = text.split(',').map((name) => name.trim());
  const wanted = names.filter((name) => name !== '');
  const unknown = wanted.find((name) => !isPatchKey(name));
  if (unknown !== undefined) {
    throw new GreenifyError(
      'ERR_GREENIFY_ENVIRONMENT',
      `GREENIFY=${text}: unknown key "${unknown}"; give some of ${patchKeys.join(', ')}, separated by commas, ` +
        'or leave it empty for all',
    );
  }
  if (wanted.length === 0) return undefined;
  return Object.fromEntries(wanted.map((name) => [name, true]));
}
