import { type Builtin, builtinModules, copyOf, greenFunctions, putFunctions } from './replacements';

const copies = new Map<Builtin, object>();

/** A builtin's exports with the waiting functions green; always the same object. The builtin is left alone. */
export function greenModule(name: Builtin): object {
  let copy = copies.get(name);
  if (copy === undefined) {
    const { target, functions, more } = greenFunctions(name);
    copy = copyOf(target);
    putFunctions(copy, { ...functions, ...more });
    copies.set(name, copy);
  }
  return copy;
}

/** By name, what modules that were written for the blocking builtins get in their place. */
export function greenModules(): [string, object][] {
  return builtinModules.map((name) => [name, greenModule(name)]);
}
