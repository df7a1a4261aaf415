/** What users switch on and off, named by what they mean rather than by header file. */
export const familyKeys = ['socket', 'sleep', 'file', 'lock', 'process', 'stdlib'] as const;

export type FamilyKey = (typeof familyKeys)[number];

export function isFamilyKey(key: string): key is FamilyKey {
  return (familyKeys as readonly string[]).includes(key);
}
