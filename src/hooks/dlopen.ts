import { native } from '../native';
import { findPatch } from '../patches';
import { realPath } from '../resolve/manifest';
import { noteAddon, type Owner, ownerOf } from '../registry/registry';
import { watch } from './commonjs';
import { keepThreadLocals, wrapLoadedFiles } from './loaded';
import { patchedFiles, patchFor } from './wrap';

/** What a package's patch says of its objects. */
export function preferObjects({ name, version }: Owner): void {
  const { include = [], exclude = [] } = findPatch(name, version)?.patch.objects ?? {};
  if (include.length + exclude.length > 0) native.prefer(include, exclude);
}

/** Before an addon is mapped. */
function prepare(owner: Owner): void {
  preferObjects(owner);
  const patch = patchFor(owner);
  // The package is just being loaded, or was: wherever it lies, what it exports is looked at when that is done.
  if (patch !== undefined) patchedFiles(owner, patch).forEach(watch);
}

/**
 * Gives names to the addons that Node loads, of any path, by whichever way: the executable's own slot of dlopen(3)
 * has made them green before this returns.
 */
export function hookDlopen(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it is given
  const original = process.dlopen as (...args: unknown[]) => void;
  const dlopen = function (this: unknown, ...args: unknown[]): void {
    const path = realPath(String(args[1]));
    const owner = ownerOf(path);
    if (owner !== undefined) prepare(owner);
    Reflect.apply(original, this, args);
    noteAddon(path);
    if (owner === undefined) return;
    keepThreadLocals(owner, path);
    wrapLoadedFiles(owner);
  };
  Object.defineProperty(dlopen, 'name', { value: original.name, configurable: true });
  process.dlopen = dlopen;
}
