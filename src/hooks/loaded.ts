import { createRequire } from 'node:module';

import { native } from '../native';
import { findPatch } from '../patches';
import { type Owner, ownerOf, recordOf } from '../registry/registry';
import { warn } from '../warning';
import { isWrapped, patchedFiles, patchFor, wrapFile } from './wrap';

const { cache } = createRequire(__filename);

let warned = false;

/** One warning for all that came too late, or none. */
function warnAboutLate(late: string[]): void {
  if (warned || late.length === 0) return;
  warned = true;
  warn(
    'GREENIFY_LATE',
    `loaded before greenify, so that its JavaScript could not be wrapped in time: ${late.join('; ')}. Its addons are ` +
      'redirected all the same. Start the program with "node --import greenify/register", or call monkeyPatch() ' +
      'before that import.',
  );
}

function importersOf(module: NodeModule): string[] {
  return Object.values(cache)
    .filter((other) => other?.children.includes(module))
    .map((other) => other?.filename ?? '');
}

function markLate(owner: Owner, where: string): string {
  const record = recordOf(owner);
  record.wrapping = 'late';
  record.reason = `loaded before greenify: ${where}`;
  return `${owner.name} ${owner.version} (${where})`;
}

/** What a package's patch says of an addon that is mapped. */
export function keepThreadLocals({ name, version }: Owner, addon: string): void {
  if (findPatch(name, version)?.patch.objects?.ownThreadLocals) native.keepThreadLocals(addon);
}

/** Wraps a module that is loaded. Gives where it was loaded when somebody may hold what it exported before. */
function wrapModule(module: NodeModule): string[] {
  const exports: unknown = module.exports;
  if (!module.loaded || isWrapped(exports)) return [];
  const owner = ownerOf(module.filename);
  const result = wrapFile(module.filename, exports);
  if (owner === undefined || result === exports) return [];
  module.exports = result;
  const importers = importersOf(module);
  return [markLate(owner, importers.length > 0 ? `by ${importers.join(', ')}` : module.filename)];
}

function isAddon({ filename }: NodeModule): boolean {
  return filename.endsWith('.node');
}

/** Packages whose addons are loaded although no CommonJS module of theirs is: ES modules, and bundles. */
function unreachable(modules: NodeModule[]): string[] {
  return modules.filter(isAddon).flatMap(({ filename }) => {
    const owner = ownerOf(filename);
    const patch = owner && patchFor(owner);
    if (owner === undefined || patch === undefined) return [];
    const files = patchedFiles(owner, patch);
    if (files.some((file) => cache[file] !== undefined)) return [];
    return [markLate(owner, files[0] ?? owner.directory)];
  });
}

/**
 * Wraps the packages that are loaded already. What a patch changes in place reaches everybody; what it replaces does
 * not reach those who hold it: that is said, once.
 */
export function wrapLoaded(): void {
  const modules = Object.values(cache).filter((module) => module !== undefined);
  for (const { filename } of modules.filter(isAddon)) {
    const owner = ownerOf(filename);
    if (owner !== undefined) keepThreadLocals(owner, filename);
  }
  warnAboutLate([...modules.flatMap(wrapModule), ...unreachable(modules)]);
}

/** The same for one package, of which an addon has just been loaded. */
export function wrapLoadedFiles(owner: Owner): void {
  const patch = patchFor(owner);
  if (patch === undefined) return;
  const files = patchedFiles(owner, patch);
  warnAboutLate(
    files.flatMap((file) => (cache[file] === undefined ? [] : wrapModule(cache[file]))),
  );
}
