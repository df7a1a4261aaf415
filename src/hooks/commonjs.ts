import { createRequire } from 'node:module';
import { join } from 'node:path';

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

/** The file that require-in-the-middle means: it gives the main file a package's name, others a path behind it. */
function fileOf(owner: Owner, name: string, directory: string): string | undefined {
  const files = mainFiles(owner);
  const watchedFile = files.find((file) => watched.includes(file));
  if (directory !== owner.directory) return watchedFile;
  const [, inPackage] = new RegExp(`^(?:@[^/]+/)?[^/]+/(.+)$`).exec(name) ?? [];
  return inPackage === undefined ? files[0] : join(directory, inPackage);
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
