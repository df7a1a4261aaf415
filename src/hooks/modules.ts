import { createRequire, register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { addHook, type Namespace } from 'import-in-the-middle';
import {
  register as registerHooks,
  supportsSyncHooks,
} from 'import-in-the-middle/register-hooks.mjs';

import { patches } from '../patches';
import { type Owner, ownerOf } from '../registry/registry';
import { mainFiles, patchedFiles, patchFor, wrapExports } from './wrap';

const { cache } = createRequire(__filename);

function isPatchedName(name: string | undefined): boolean {
  return patches.some((patch) => patch.name === name);
}

/** The name of the package of a file, told by its path where that is below node_modules. */
function nameOfPackage(url: string): string | undefined {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  if (name !== undefined) return decodeURIComponent(name);
  return ownerOf(fileURLToPath(url))?.name;
}

function shouldInclude(url: string): boolean {
  return url.startsWith('file:') && !url.includes('?') && isPatchedName(nameOfPackage(url));
}

function property(object: unknown, key: string): unknown {
  return (object as Record<string, unknown> | null | undefined)?.[key];
}

/** Gives importers what `exports` of a CommonJS module is, or has become: as a whole, and name by name. */
function update(namespace: Namespace, exports: unknown): void {
  for (const key of Object.keys(namespace)) {
    const whole = key === 'default' || key === 'module.exports';
    const value = whole ? exports : property(exports, key);
    if (namespace[key] !== value) namespace[key] = value;
  }
}

/** Of a package for both kinds of modules: its ES module only passes on what its CommonJS one exports. */
function passesOn(owner: Owner, file: string): boolean {
  return mainFiles(owner).some((main) => main !== file && cache[main] !== undefined);
}

function updateModule(namespace: Namespace, result: unknown): void {
  if (result === namespace) return;
  for (const key of Object.keys(namespace)) {
    const value = property(result, key);
    if (value !== undefined && namespace[key] !== value) namespace[key] = value;
  }
}

function onImport(url: string, namespace: Namespace, specifier?: string, format?: string): void {
  if (!shouldInclude(url)) return;
  const file = fileURLToPath(url);
  const owner = ownerOf(file);
  const patch = owner && patchFor(owner);
  if (owner === undefined || patch === undefined) return;
  const isMain = patch.files === undefined && specifier === owner.name;
  if (!isMain && !patchedFiles(owner, patch).includes(file)) return;
  if (format === 'commonjs') {
    update(namespace, wrapExports(owner, patch, file, namespace['default']));
  } else if (!passesOn(owner, file)) {
    updateModule(namespace, wrapExports(owner, patch, file, namespace));
  }
}

/**
 * Wraps what `import` gives of packages that have a patch. Where Node's synchronous hooks serve, they run in this
 * thread; before (Node 20), only the deprecated `module.register` is there.
 */
export function hookImport(): void {
  if (supportsSyncHooks()) {
    const options = { shouldInclude } as Parameters<typeof registerHooks>[0];
    registerHooks(options);
  } else {
    const names = patches.map(({ name }) => name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
    const include = [new RegExp(`^file:.*/node_modules/(?:${names.join('|')})/[^?]*$`)];
    register('import-in-the-middle/hook.mjs', pathToFileURL(__filename), { data: { include } });
  }
  addHook(onImport);
}
