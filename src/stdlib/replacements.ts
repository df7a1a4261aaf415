import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
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

/** Those whose blocking functions come down to slots of the node executable. */
const redirected: Record<string, object> = { child_process: childProcess, fs };

/** Whether a builtin module, or what has its name with or without `node:`, has functions that wait. */
export function isGreenBuiltin(subject: string | object): boolean {
  const replaced = Object.entries(replacements as Record<string, Replacement>)
    .filter(([, { functions }]) => Object.keys(functions).length > 0)
    .map(([name, { target }]) => [name, target] as const);
  return [...replaced, ...Object.entries(redirected)].some(([name, target]) =>
    typeof subject === 'string' ? subject.replace(/^node:/, '') === name : subject === target,
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
