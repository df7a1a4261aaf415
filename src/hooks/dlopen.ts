import { native } from '../native';
import { findPatch } from '../patches';
import { realPath } from '../resolve/manifest';
import { noteAddon, type Owner, ownerOf } from '../registry/registry';
import { watch } from './commonjs';
import { wrapLoadedFiles } from './loaded';
import { patchedFiles, patchFor } from './wrap';

/** Before an addon is mapped: what its package's patch wants to be left alone. */
function prepare(owner: Owner): void {
  const excluded = findPatch(owner.name, owner.version)?.patch.objects?.exclude ?? [];
  if (excluded.length > 0) native.exclude([...excluded]);
  const patch = patchFor(owner);
  // The package is just being loaded, or was: wherever it lies, what it exports is looked at when that is done.
  if (patch !== undefined) patchedFiles(owner, patch).forEach(watch);
}

/**
 * Gives names to the addons that Node loads, of any path, by whichever way: the executable's own slot of dlopen(3)
 * has made them green before this returns.
 */
export function hookDlopen(): void {
  const original = process.dlopen as (...args: unknown[]) => void;
  const dlopen = function (this: unknown, ...args: unknown[]): void {
    const path = realPath(String(args[1]));
    const owner = ownerOf(path);
    if (owner !== undefined) prepare(owner);
    Reflect.apply(original, this, args);
    noteAddon(path);
    if (owner !== undefined) wrapLoadedFiles(owner);
  };
  Object.defineProperty(dlopen, 'name', { value: original.name, configurable: true });
  process.dlopen = dlopen;
}
