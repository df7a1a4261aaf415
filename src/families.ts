/** What users switch on and off, named by what they mean rather than by header file. */
export const familyKeys = ['socket', 'sleep', 'file', 'lock', 'process', 'stdlib'] as const;

export type FamilyKey = (typeof familyKeys)[number];

/** Those that mean something for one library: `stdlib` is of Node itself. */
export const libraryKeys = familyKeys.filter((key) => key !== 'stdlib');

export function isFamilyKey(key: string): key is FamilyKey {
  return (familyKeys as readonly string[]).includes(key);
}
