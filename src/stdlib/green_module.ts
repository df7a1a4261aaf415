import { type Builtin, replacements } from './replacements';

/** A copy of a builtin's exports with its waiting functions green, and `more` beside them. */
export function greenModule(name: Builtin, more: object = {}): object {
  const { target, functions } = replacements[name];
  const copy: object = Object.create(
    Object.getPrototypeOf(target) as object,
    Object.getOwnPropertyDescriptors(target),
  ) as object;
  for (const [key, value] of Object.entries({ ...functions, ...more })) {
    Object.defineProperty(copy, key, {
      enumerable: true,
      ...Object.getOwnPropertyDescriptor(target, key),
      value: value as unknown,
    });
  }
  return copy;
}
