/** What can have properties of its own, and be a key of a WeakMap. */
export function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
