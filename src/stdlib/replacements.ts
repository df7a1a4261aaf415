import childProcess from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import zlib from 'node:zlib';

import { sleep } from '../thread';
import { atomicsFunctions } from './atomics';
import { cryptoFunctions } from './crypto';
import { childProcessFunctions, fsFunctions } from './node_functions';
import type { AnyFunction } from './off_loop';
import { zlibFunctions } from './zlib';

/** Something of Node's or JavaScript's, and the green versions of those of its functions that wait. */
interface GreenFunctions {
  target: object;
  functions: Record<string, AnyFunction>;
  /** What the green module has besides. */
  more?: Record<string, AnyFunction>;
}

export type Builtin = 'atomics' | 'child_process' | 'crypto' | 'fs' | 'timers' | 'zlib';

/** By the names of builtin modules; `atomics` is the global `Atomics`. */
export const greenFunctions: Record<Builtin, GreenFunctions> = {
  atomics: { target: Atomics, functions: atomicsFunctions },
  child_process: { target: childProcess, functions: childProcessFunctions },
  crypto: { target: crypto, functions: cryptoFunctions },
  fs: { target: fs, functions: fsFunctions },
  timers: { target: timers, functions: {}, more: { sleep } },
  zlib: { target: zlib, functions: zlibFunctions },
};

/** Those with functions that stay in their places: what they call is redirected. */
const redirected: readonly Builtin[] = ['child_process', 'fs'];

/** Whether a builtin module, or what has its name with or without `node:`, has functions that wait. */
export function isGreenBuiltin(subject: string | object): boolean {
  return Object.entries(greenFunctions).some(([name, { target, functions }]) => {
    if (Object.keys(functions).length === 0) return false;
    return typeof subject === 'string'
      ? subject.replace(/^node:/, '') === name
      : subject === target;
  });
}

/** What builtins were before their functions were replaced. */
const plain = new Map<unknown, object>();

/** A builtin's exports with its own functions. */
export function plainBuiltin(exports: unknown): unknown {
  return plain.get(exports) ?? exports;
}

function install({ target, functions }: GreenFunctions): void {
  const prototype = Object.getPrototypeOf(target) as object;
  plain.set(target, Object.create(prototype, Object.getOwnPropertyDescriptors(target)) as object);
  for (const [name, value] of Object.entries(functions)) {
    // As it was: enumerable for the exports of a module, not for the functions of Atomics.
    const descriptor = Object.getOwnPropertyDescriptor(target, name);
    Object.defineProperty(target, name, { ...descriptor, value });
  }
}

let installed = false;

/** Puts the green functions in the place of the plain ones, for `require` and `import`; once. */
export function installGreenFunctions(): void {
  if (installed) return;
  installed = true;
  for (const [name, functions] of Object.entries(greenFunctions)) {
    if (!redirected.includes(name as Builtin)) install(functions);
  }
  syncBuiltinESMExports();
}
