import childProcess from 'node:child_process';
import fs from 'node:fs';

import { typed } from '../errors';
import { native } from '../native';
import { guardRequire } from '../zones';

/** Node's modules whose blocking functions wait in calls of the node executable, by name. */
const modules: Partial<Record<string, object>> = { child_process: childProcess, fs };

/** Whether `subject` is such a module, or its name with or without `node:`. */
export function waitsInExecutable(subject: unknown): boolean {
  if (typeof subject === 'string') return Object.hasOwn(modules, subject.replace(/^node:/, ''));
  return Object.values(modules).includes(subject as object);
}

let enabled = false;

/**
 * Tells apart the calls of the node executable that may be suspended, once its slots are redirected.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_UNSUPPORTED_NODE`
 * Thread: loop.
 */
export function enableNodeCalls(): void {
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
