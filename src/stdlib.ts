import childProcess from 'node:child_process';
import fs from 'node:fs';

import { typed } from './errors';
import { native } from './native';
import { guardRequire } from './zones';

/** Node's modules whose blocking functions `stdlib` makes green, by what they are and by name. */
const modules = new Map<unknown, string>([
  [fs, 'fs'],
  [childProcess, 'child_process'],
]);
const names = new Set(modules.values());

/** Whether `subject` is such a module, or its name with or without `node:`. */
export function isStandardLibrary(subject: unknown): boolean {
  if (typeof subject === 'string') return names.has(subject.replace(/^node:/, ''));
  return modules.has(subject);
}

let enabled = false;

/**
 * Tells apart the calls of the node executable that may be suspended, once its slots are redirected.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_UNSUPPORTED_NODE`
 * Thread: loop.
 */
export function enableStandardLibrary(): void {
  if (enabled) return;
  typed(inGreenThread(() => native.learnFileCalls()));
  guardRequire();
  enabled = true;
}

/** `fn`, to be run in a green thread, which it must not leave; throws what it throws. */
function inGreenThread(fn: () => void): () => void {
  if (native.index() >= 0) return fn;
  return () => {
    let failure: { reason: unknown } | undefined;
    native.spawn({}, () => {
      try {
        fn();
      } catch (reason) {
        failure = { reason };
      }
    });
    if (failure !== undefined) throw failure.reason;
  };
}
