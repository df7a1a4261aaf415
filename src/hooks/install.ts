import { isMainThread, parentPort } from 'node:worker_threads';

import { wrapLoadedBuiltins } from './builtin';
import { hookRequire } from './commonjs';
import { hookDlopen } from './dlopen';
import { wrapLoaded } from './loaded';
import { hookImport } from './modules';

/**
 * Node runs what `--require` names in the thread of its loader hooks too (Node 20), which is a worker without a
 * parent port. Nothing of the program runs there.
 */
const isProgram = isMainThread || parentPort !== null;

let installed = false;

/** Hooks the three ways by which packages are loaded, and wraps those that are; once per environment. Thread: loop. */
export function installHooks(): void {
  if (installed || !isProgram) return;
  installed = true;
  hookRequire();
  hookImport();
  hookDlopen();
  wrapLoaded();
  wrapLoadedBuiltins();
}
