import { Session } from 'node:inspector';

import { keepStoresOfOthers } from './async_storage';
import { permitted, typed } from './errors';
import { native } from './native';
import { keepTicksFast } from './ticks';
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
  const prepare = nodeMajor < 24 ? asyncResources() : codeFlusher();
  typed(() => native.activate());
  active = true;
  native.setWarner(warn);
  prepare();
  if (nodeMajor < 24) keepStoresOfOthers();
  guardZones();
  keepTicksFast();
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

function asyncWrapBinding(): AsyncWrapBinding {
  const { noDeprecation } = process;
  // With --no-deprecation it is true, and cannot be assigned to.
  if (noDeprecation) return (process as unknown as Bindings).binding('async_wrap');
  process.noDeprecation = true;
  try {
    return (process as unknown as Bindings).binding('async_wrap');
  } finally {
    if (noDeprecation === undefined) delete (process as { noDeprecation?: boolean }).noDeprecation;
    else process.noDeprecation = noDeprecation;
  }
}

/**
 * Node 20 and 22 keep AsyncLocalStorage's stores in the resources of the async id stack, of which those that
 * JavaScript pushed are in an array only `process.binding` gives. Gives the function that shares them.
 */
function asyncResources(): () => void {
  const asyncWrap = permitted(
    asyncWrapBinding,
    'greenify needs process.binding here, which no option allows; from Node 24 on it does not',
  );
  const { execution_async_resources: resources, async_hook_fields: fields } = asyncWrap;
  const { kStackLength } = asyncWrap.constants;
  return () =>
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
 * throw all optimised code away. Gives the function that does.
 */
function codeFlusher(): () => void {
  const session = new Session();
  permitted(
    () => session.connect(),
    'greenify makes V8 throw optimised code away through the inspector; add --allow-inspector',
  );
  return () => {
    session.post('Profiler.enable');
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
    session.post('Profiler.stopPreciseCoverage');
    session.post('Profiler.disable');
    session.disconnect();
  };
}
