import { type Builtin, greenFunctions } from './replacements';

function copyOf(name: Builtin): object {
  const { target, functions, more } = greenFunctions[name];
  const copy: object = Object.create(
    Object.getPrototypeOf(target) as object,
    Object.getOwnPropertyDescriptors(target),
  ) as object;
  for (const [key, value] of Object.entries({ ...functions, ...more })) {
    Object.defineProperty(copy, key, {
      enumerable: true,
      ...Object.getOwnPropertyDescriptor(target, key),
      value,
    });
  }
  return copy;
}

const copies = new Map<Builtin, object>();

/** A builtin's exports with the waiting functions green; always the same object. The builtin is left alone. */
export function greenModule(name: Builtin): object {
  const copy = copies.get(name) ?? copyOf(name);
  copies.set(name, copy);
  return copy;
}

/** By name, what modules that were written for the blocking builtins get in their place. */
export function greenModules(): [string, object][] {
  const names = Object.keys(greenFunctions) as Builtin[];
  return names.filter((name) => name !== 'atomics').map((name) => [name, greenModule(name)]);
}
