import { createRequire } from 'node:module';

import { patches } from '../patches';
import { patchFor, wrapExports } from './wrap';

const load = createRequire(__filename);

/** Those of Node's own modules that are loaded; the name is without `node:`. Node itself reads it in its tests. */
function isLoaded(name: string): boolean {
  const { moduleLoadList } = process as unknown as { moduleLoadList?: readonly string[] };
  return moduleLoadList?.includes(`NativeModule ${name.replace(/^node:/, '')}`) === true;
}

/**
 * Wraps a module of Node's own that there is a patch for. There is one instance for all who load it, so what its patch
 * changes in place reaches everybody, whenever it was loaded; nothing is put in its place.
 */
export function wrapBuiltin(name: string, exports: unknown): void {
  const owner = { name, version: process.versions.node, directory: name };
  const patch = patchFor(owner);
  if (patch !== undefined) wrapExports(owner, patch, name, exports);
}

const loaded = new Set<string>();

/** Wraps one that is just being imported; what loads it here is seen as another import of it. */
export function loadBuiltin(name: string): void {
  if (loaded.has(name)) return;
  loaded.add(name);
  wrapBuiltin(name, load(name));
}

/** Those that are loaded already. Others must wait until they are: some warn that they are experimental. */
export function wrapLoadedBuiltins(): void {
  const names = patches.map(({ name }) => name).filter((name) => name.startsWith('node:'));
  names.filter(isLoaded).forEach(loadBuiltin);
}
