import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import zlib from 'node:zlib';

import { atomicsFunctions } from './atomics';
import { cryptoFunctions } from './crypto';
import { zlibFunctions } from './zlib';
import type { AnyFunction } from './off_loop';

/** Something of Node's or JavaScript's, and the green versions of those of its functions that wait. */
interface Replacement {
  target: object;
  functions: Record<string, AnyFunction>;
}

export type Builtin = 'atomics' | 'crypto' | 'timers' | 'zlib';

/** By the names of builtin modules; `atomics` is the global `Atomics`. */
export const replacements: Record<Builtin, Replacement> = {
  atomics: { target: Atomics, functions: atomicsFunctions },
  crypto: { target: crypto, functions: cryptoFunctions },
  timers: { target: timers, functions: {} },
  zlib: { target: zlib, functions: zlibFunctions },
};

/** Whether functions of a builtin module wait, and have green versions; `name` with or without `node:`. */
export function hasGreenFunctions(name: string): boolean {
  const plain = name.replace(/^node:/, '');
  return (
    Object.keys((replacements as Partial<Record<string, Replacement>>)[plain]?.functions ?? {})
      .length > 0
  );
}

let installed = false;

/** Puts the green functions in the place of the plain ones, for `require` and `import`; once. */
export function installGreenFunctions(): void {
  if (installed) return;
  installed = true;
  for (const { target, functions } of Object.values(replacements)) {
    for (const [name, value] of Object.entries(functions)) {
      // As it was: enumerable for the exports of a module, not for the functions of Atomics.
      const descriptor = Object.getOwnPropertyDescriptor(target, name);
      Object.defineProperty(target, name, { ...descriptor, value });
    }
  }
  syncBuiltinESMExports();
}
