/** Families of blocking calls, named by what they mean to users rather than by header file. */
export const familyKeys = ['socket', 'sleep', 'file', 'lock', 'process', 'stdlib'] as const;

export type FamilyKey = (typeof familyKeys)[number];

/** Those that mean something for one library: `stdlib` is of Node itself. */
export const libraryKeys = familyKeys.filter((key) => key !== 'stdlib');

export function isFamilyKey(key: string): key is FamilyKey {
  return (familyKeys as readonly string[]).includes(key);
}

/** What `monkeyPatch` switches on: families of calls, and where green threads come from by themselves. */
export const patchKeys = [...familyKeys, 'server'] as const;

export type PatchKey = (typeof patchKeys)[number];

export function isPatchKey(key: string): key is PatchKey {
  return (patchKeys as readonly string[]).includes(key);
}
