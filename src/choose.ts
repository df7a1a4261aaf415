import { GreenifyError, invalidArgument } from './errors';
import { familyKeys, type FamilyKey, isFamilyKey } from './families';
import { describe } from './thread';

/** Which families of calls: see `monkeyPatch`. */
export type Families = Partial<Record<FamilyKey, boolean>>;

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

/**
 * The families that a text such as `socket,sleep` chooses, as the environment variable `GREENIFY` has it; empty: all.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_ENVIRONMENT`: it names something else
 */
export function familiesOfText(text: string): Families | undefined {
  const names = text.split(',').map((name) => name.trim());
  const chosen = names.filter((name) => name !== '');
  const unknown = chosen.find((name) => !isFamilyKey(name));
  if (unknown !== undefined) {
    throw new GreenifyError(
      'ERR_GREENIFY_ENVIRONMENT',
      `GREENIFY=${text}: unknown key "${unknown}"; give some of ${familyKeys.join(', ')}, separated by commas, ` +
        'or leave it empty for all',
    );
  }
  if (chosen.length === 0) return undefined;
  return Object.fromEntries(chosen.map((name) => [name, true]));
}
