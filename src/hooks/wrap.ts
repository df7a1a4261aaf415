import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';

import { applyPatch, changesExports, findPatch, type PackagePatch } from '../patches';
import {
  isAskedFor,
  type Owner,
  ownerOf,
  type PackageRecord,
  recordOf,
} from '../registry/registry';
import { isObject } from '../values';
import { warn } from '../warning';

/** Exports of patched files and what has become of them; what has become of them becomes itself. */
const wrapped = new WeakMap<object, unknown>();
/** What took the place of exports, and what was there. */
const originals = new WeakMap<object, unknown>();
const warnedAbout = new Set<string>();
const mains = new Map<string, string[]>();

function resolved(request: string, directory: string): string | undefined {
  try {
    return createRequire(join(directory, 'package.json')).resolve(request);
  } catch {
    return undefined;
  }
}

/** The files that `require(name)` and `require(directory)` of a package may load. */
export function mainFiles({ name, directory }: Owner): string[] {
  let files = mains.get(directory);
  if (files === undefined) {
    // A package finds itself by name where it has "exports", and else by way of the directory that it lies in.
    const found = [resolved(directory, directory), resolved(name, directory)];
    const inside = (file?: string): file is string => file?.startsWith(directory + sep) === true;
    files = [...new Set(found.filter(inside))];
    mains.set(directory, files);
  }
  return files;
}

function warnAboutVersion({ name, version, directory }: Owner, patch: PackagePatch): void {
  if (warnedAbout.has(directory)) return;
  warnedAbout.add(directory);
  warn(
    'GREENIFY_PATCH_VERSION',
    `${name} ${version} (${directory}) is not among the versions that greenify's patch is for (${patch.versions}). ` +
      'Its addons are redirected as any package’s are, and its JavaScript is left as it is: ' +
      'use one connection in one green thread at a time.',
  );
}

/** What waits in nothing but Node's own functions does so green for everybody when those are. */
function isForEverybody({ families }: PackagePatch): boolean {
  const waitsInNode = families.length > 0 && families.every((family) => family === 'stdlib');
  return !waitsInNode || isAskedFor('stdlib');
}

/**
 * The patch for a package that changes its JavaScript, where there is one for its version.
 *
 * @param isScoped it is for a second instance of the package
 */
export function patchFor(owner: Owner, isScoped = false): PackagePatch | undefined {
  const found = findPatch(owner.name, owner.version);
  if (found === undefined || !changesExports(found.patch)) return undefined;
  if (!isScoped && !isForEverybody(found.patch)) return undefined;
  if (found.inRange) return found.patch;
  warnAboutVersion(owner, found.patch);
  return undefined;
}

/** The files of a package that its patch is about. */
export function patchedFiles(owner: Owner, patch: PackagePatch): string[] {
  return patch.files?.map((file) => join(owner.directory, file)) ?? mainFiles(owner);
}

function failed(record: PackageRecord, file: string, error: unknown): void {
  record.wrapping = 'failed';
  record.reason = error instanceof Error ? error.message : String(error);
  warn(
    'GREENIFY_PATCH_FAILED',
    `the patch for ${record.name} ${record.version} failed on ${file} and was left out, so that the package works ` +
      `as without it: ${record.reason}`,
  );
}

function wrapOnce(owner: Owner, patch: PackagePatch, file: string, exports: unknown): unknown {
  const record = recordOf(owner);
  const inPackage = relative(owner.directory, file).split(sep).join('/');
  try {
    const result = applyPatch(patch, exports, { ...owner, file: inPackage });
    if (record.wrapping === 'untouched') record.wrapping = 'wrapped';
    return result;
  } catch (error) {
    failed(record, file, error);
    return exports;
  }
}

/** The exports of `file` as its package's patch wants them; the same for the same exports. Never throws. */
export function wrapExports(
  owner: Owner,
  patch: PackagePatch,
  file: string,
  exports: unknown,
): unknown {
  if (!isObject(exports)) return exports;
  if (wrapped.has(exports)) return wrapped.get(exports);
  const result = wrapOnce(owner, patch, file, exports);
  wrapped.set(exports, result);
  if (isObject(result) && result !== exports) {
    wrapped.set(result, result);
    originals.set(result, exports);
  }
  return result;
}

/** What `file` exports as the patch for its package wants it; as it is where there is none, or it is not about it. */
export function wrapFile(file: string, exports: unknown, isScoped = false): unknown {
  const owner = ownerOf(file);
  const patch = owner && patchFor(owner, isScoped);
  if (owner === undefined || patch === undefined) return exports;
  return patchedFiles(owner, patch).includes(file)
    ? wrapExports(owner, patch, file, exports)
    : exports;
}

/** Whether {@link wrapExports} has seen these exports. */
export function isWrapped(exports: unknown): boolean {
  return isObject(exports) && wrapped.has(exports);
}

/** What a module exported before a patch put something else in its place; the same where none did. */
export function originalExports(exports: unknown): unknown {
  return isObject(exports) && originals.has(exports) ? originals.get(exports) : exports;
}
