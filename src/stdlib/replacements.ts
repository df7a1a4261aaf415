import { syncBuiltinESMExports } from 'node:module';

import { sleep } from '../thread';
import { atomicsFunctions } from './atomics';
import { cryptoFunctions } from './crypto';
import { nodeFunctions } from './node_functions';
import type { AnyFunction, Functions } from './off_loop';
import { zlibFunctions } from './zlib';

/** Something of Node's or JavaScript's, and the green versions of those of its functions that wait. */
interface GreenFunctions {
  target: object;
  functions: Record<string, AnyFunction>;
  /** What the green module has besides. */
  more?: Record<string, AnyFunction>;
}

/** Names of builtin modules; `atomics` is the global `Atomics`. */
const names = ['atomics', 'child_process', 'crypto', 'fs', 'timers', 'zlib'] as const;

export type Builtin = (typeof names)[number];

/** The modules that programs that were written for blocking ones may ask for. */
export const builtinModules = names.filter((name) => name !== 'atomics');

function targetOf(name: Builtin): object {
  return name === 'atomics' ? Atomics : process.getBuiltinModule(name);
}

const tables: Record<Builtin, (target: object) => Omit<GreenFunctions, 'target'>> = {
  atomics: () => ({ functions: atomicsFunctions }),
  child_process: (target) => ({ functions: nodeFunctions(target) }),
  crypto: (target) => ({ functions: cryptoFunctions(target as Functions) }),
  fs: (target) => ({ functions: nodeFunctions(target) }),
  timers: () => ({ functions: {}, more: { sleep } }),
  zlib: (target) => ({ functions: zlibFunctions(target as Functions) }),
};

const made = new Map<Builtin, GreenFunctions>();

/** Made when somebody asks for them: most programs that load greenify need few of them, or none. */
export function greenFunctions(name: Builtin): GreenFunctions {
  let found = made.get(name);
  if (found === undefined) {
    const target = targetOf(name);
    found = { target, ...tables[name](target) };
    made.set(name, found);
  }
  return found;
}

/** Those with functions that are replaced; what those of the others call is redirected. */
const replaced = ['atomics', 'crypto', 'zlib'] as const;
const redirected = ['child_process', 'fs'] as const;

/** Whether a builtin module, or what has its name with or without `node:`, has functions that wait. */
export function isGreenBuiltin(subject: string | object): boolean {
  return [...replaced, ...redirected].some((name) =>
    typeof subject === 'string'
      ? subject.replace(/^node:/, '') === name
      : subject === targetOf(name),
  );
}

/** An object with all that `object` has of its own, getters included. */
export function copyOf(object: object): object {
  const prototype = Object.getPrototypeOf(object) as object;
  return Object.create(prototype, Object.getOwnPropertyDescriptors(object)) as object;
}

/** Puts functions in their places: as enumerable as those they replace are, which differs. */
export function putFunctions(object: object, functions: Record<string, AnyFunction>): void {
  for (const [name, value] of Object.entries(functions)) {
    const before = Object.getOwnPropertyDescriptor(object, name) ?? { enumerable: true };
    Object.defineProperty(object, name, { ...before, value });
  }
}

/** What builtins were before their functions were replaced. */
const plain = new Map<unknown, object>();

/** A builtin's exports with its own functions. */
export function plainBuiltin(exports: unknown): unknown {
  return plain.get(exports) ?? exports;
}

let installed = false;

/** Puts the green functions in the place of the plain ones, for `require` and `import`; once. */
export function installGreenFunctions(): void {
  if (installed) return;
  installed = true;
  for (const { target, functions } of replaced.map(greenFunctions)) {
    plain.set(target, copyOf(target));
    putFunctions(target, functions);
  }
  syncBuiltinESMExports();
}
