import { hookRequire } from './commonjs';
import { hookDlopen } from './dlopen';
import { wrapLoaded } from './loaded';
import { hookImport } from './modules';

let installed = false;

/** Hooks the three ways by which packages are loaded, and wraps those that are; once per environment. Thread: loop. */
export function installHooks(): void {
  if (installed) return;
  installed = true;
  hookRequire();
  hookImport();
  hookDlopen();
  wrapLoaded();
}
