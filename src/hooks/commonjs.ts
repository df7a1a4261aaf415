import { createRequire } from 'node:module';
import { dirname, join, parse } from 'node:path';

import type * as RequireInTheMiddle from 'require-in-the-middle';

import { onPatchedName } from '../patches';
import { type Owner, ownerOf } from '../registry/registry';
import { wrapBuiltin } from './builtin';
import { mainFiles, wrapFile } from './wrap';

/** The one array that require-in-the-middle looks into: names of packages, and paths of files. */
const watched: string[] = [];

/** Has what is required by that name or path looked at. A file of a workspace is not below node_modules. */
export function watch(nameOrFile: string): void {
  if (!watched.includes(nameOrFile)) watched.push(nameOrFile);
}

/**
 * The file that require-in-the-middle means: it gives the main file a package's name and others a path behind it, but
 * one that is watched by its path its own name without the extension, and the directory that it lies in.
 */
function fileOf(owner: Owner, name: string, directory: string): string | undefined {
  const byPath = watched.find((path) => dirname(path) === directory && parse(path).name === name);
  if (byPath !== undefined || directory !== owner.directory) return byPath;
  const [, inPackage] = new RegExp(`^(?:@[^/]+/)?[^/]+/(.+)$`).exec(name) ?? [];
  return inPackage === undefined ? mainFiles(owner)[0] : join(directory, inPackage);
}

function onRequire<T>(exports: T, name: string, directory?: string): T {
  if (directory === undefined) {
    wrapBuiltin(name, exports);
    return exports;
  }
  const owner = ownerOf(directory);
  if (owner === undefined) return exports;
  const file = fileOf(owner, name, directory);
  return file === undefined ? exports : (wrapFile(file, exports) as T);
}

/** Wraps what `require` gives of packages that have a patch. */
export function hookRequire(): void {
  onPatchedName(watch);
  // Loaded when it is needed: it opens standard error.
  const { Hook } = createRequire(__filename)('require-in-the-middle') as typeof RequireInTheMiddle;
  new Hook(watched, { internals: true }, onRequire);
}
