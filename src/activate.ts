import { Session } from 'node:inspector';

import { keepStoresOfOthers } from './async_storage';
import { typed } from './errors';
import { native } from './native';
import { startTracing } from './trace';
import { warn } from './warning';
import { guardZones } from './zones';

const nodeMajor = Number(process.versions.node.split('.')[0]);

let active = false;

/**
 * Makes green threads possible in this environment; the first call does the work. Throws a
 * {@link GreenifyError} that names the Node build when its V8 is not laid out as expected, and has then changed
 * nothing. Thread: loop.
 */
export function activate(): void {
  if (active) return;
  typed(() => native.activate());
  active = true;
  native.setWarner(warn);
  if (nodeMajor < 24) {
    shareAsyncResources();
    keepStoresOfOthers();
  } else {
    deoptimiseAll();
  }
  guardZones();
  startTracing();
}

interface AsyncWrapBinding {
  execution_async_resources: unknown[];
  async_hook_fields: Uint32Array;
  constants: { kStackLength: number };
}

interface Bindings {
  binding(name: string): AsyncWrapBinding;
}

/**
 * Node 20 and 22 keep AsyncLocalStorage's stores in the resources of the async id stack, of which those that
 * JavaScript pushed are in an array only `process.binding` gives.
 */
function shareAsyncResources(): void {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  const asyncWrap = (process as unknown as Bindings).binding('async_wrap');
  if (noDeprecation === undefined) delete (process as { noDeprecation?: boolean }).noDeprecation;
  else process.noDeprecation = noDeprecation;
  const { execution_async_resources: resources, async_hook_fields: fields } = asyncWrap;
  const { kStackLength } = asyncWrap.constants;
  native.setResourceAccess(
    () => resources[(fields[kStackLength] ?? 0) - 1],
    (resource) => {
      resources[(fields[kStackLength] ?? 0) - 1] = resource;
    },
  );
}

/**
 * Code that was optimised before activation still makes fast API calls, in which a collection would skip the
 * frames of suspended threads (V8 13 and later allocate there). Switching precise coverage on and off makes V8
 * throw all optimised code away.
 */
function deoptimiseAll(): void {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  session.post('Profiler.stopPreciseCoverage');
  session.post('Profiler.disable');
  session.disconnect();
}
