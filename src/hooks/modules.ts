import * as nodeModule from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';

import type * as ImportInTheMiddle from 'import-in-the-middle';
import type * as SynchronousHooks from 'import-in-the-middle/register-hooks.mjs';

import { onPatchedName, type PackagePatch, patches } from '../patches';
import { type Owner, ownerOf } from '../registry/registry';
import { loadBuiltin } from './builtin';
import { mainFiles, patchedFiles, patchFor, wrapExports } from './wrap';

interface Resolved {
  url: string;
  format?: string | null | undefined;
}
type NextResolve = (specifier: string, context: object) => Resolved;

interface SyncHooks {
  resolve?(specifier: string, context: object, next: NextResolve): Resolved;
  load?(url: string, context: object, next: (url: string, context: object) => Loaded): Loaded;
}

interface PatchedImport {
  file: string;
  owner: Owner;
  patch: PackagePatch;
}

interface Loaded {
  format: string;
  source: string;
  shortCircuit: boolean;
}

const load = nodeModule.createRequire(__filename);
const { cache } = load;

function isPatchedName(name: string | undefined): boolean {
  return patches.some((patch) => patch.name === name);
}

/** By directory, as every module that is imported is asked about. */
const patchedDirectories = new Map<string, boolean>();

/** Told by the path where that is enough; a workspace, or an alias of npm's, is called otherwise on disk. */
function isPatchedFile(url: string): boolean {
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url) ?? [];
  return isPatchedName(name) || isPatchedName(ownerOf(fileURLToPath(url))?.name);
}

function isInPatchedDirectory(url: string): boolean {
  const directory = url.slice(0, url.lastIndexOf('/'));
  let known = patchedDirectories.get(directory);
  if (known === undefined) {
    known = isPatchedFile(url);
    patchedDirectories.set(directory, known);
  }
  return known;
}

/** What is imported, by everybody or by a second instance, where a patch is about it. */
function patched(url: string, specifier?: string): PatchedImport | undefined {
  const [isFile, scope] = /^file:[^?]*(\?greenify=\w+)?$/.exec(url) ?? [];
  if (isFile === undefined || !isInPatchedDirectory(url)) return undefined;
  const file = fileURLToPath(url);
  const owner = ownerOf(file);
  const patch = owner && patchFor(owner, scope !== undefined);
  if (owner === undefined || patch === undefined) return undefined;
  const isMain = patch.files === undefined && specifier === owner.name;
  return isMain || patchedFiles(owner, patch).includes(file) ? { file, owner, patch } : undefined;
}

/** No more than that: what is wrapped has its exports copied, and those of a package's own parts may change later. */
const shouldInclude = (url: string, specifier?: string): boolean =>
  patched(url, specifier) !== undefined;

function property(object: unknown, key: string): unknown {
  return (object as Record<string, unknown> | null | undefined)?.[key];
}

/** Gives importers what `exports` of a CommonJS module is, or has become: as a whole, and name by name. */
function update(namespace: ImportInTheMiddle.Namespace, exports: unknown): void {
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

function updateModule(namespace: ImportInTheMiddle.Namespace, result: unknown): void {
  if (result === namespace) return;
  for (const key of Object.keys(namespace)) {
    const value = property(result, key);
    if (value !== undefined && namespace[key] !== value) namespace[key] = value;
  }
}

function onImport(
  url: string,
  namespace: ImportInTheMiddle.Namespace,
  specifier?: string,
  format?: string,
): void {
  const found = patched(url, specifier);
  if (found === undefined) return;
  const { file, owner, patch } = found;
  if (format === 'commonjs') {
    update(namespace, wrapExports(owner, patch, file, namespace['default']));
  } else if (patch.files !== undefined || !passesOn(owner, file)) {
    updateModule(namespace, wrapExports(owner, patch, file, namespace));
  }
}

// Loaded when it is needed: it compiles WebAssembly.
function synchronousHooks(): typeof SynchronousHooks {
  return load('import-in-the-middle/register-hooks.mjs') as typeof SynchronousHooks;
}

/** Node's own, since Node 22.15; the types here are those of Node 20. */
export function registerSyncHooks(hooks: SyncHooks): void {
  (nodeModule as unknown as { registerHooks(hooks: SyncHooks): void }).registerHooks(hooks);
}

/**
 * Whether loader hooks run in this thread. In Node 20, and in 22 before 22.22.3, they run in one of their own; and
 * where `require` takes no ES modules (`--no-experimental-require-module`), which import-in-the-middle's would need.
 */
export function supportsSyncHooks(): boolean {
  return process.features.require_module && synchronousHooks().supportsSyncHooks();
}

/**
 * import-in-the-middle 3.6 takes whatever nobody imports for the entry point and calls it CommonJS. With
 * `--require` and `--eval` Node's own bootstrap requires `module` so, and would look for a file of that name; and a
 * worker may begin with a `data:` URL, whose format its media type says.
 */
function withRightFormat(specifier: string, context: object, next: NextResolve): Resolved {
  const resolved = next(specifier, context);
  if (resolved.url.startsWith('data:')) return { ...resolved, format: undefined };
  if (!resolved.url.startsWith('node:')) return resolved;
  if (isPatchedName(resolved.url)) loadBuiltin(resolved.url);
  return { ...resolved, format: 'builtin' };
}

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
const oneOf = (files: readonly string[]): string => `(?:${files.map(literally).join('|')})`;

/**
 * Loader hooks in a thread of their own, by the deprecated `module.register`. That thread knows what there
 * is a patch for by paths below node_modules; names that come later are sent there, and stand for what is imported by
 * that very name. A message is waited for: the next import is to find it arrived.
 */
function registerThreadHooks(): void {
  const include = patches.map(({ name, files }) => {
    const path = `${literally(name)}/${files ? oneOf(files) : '[^?]*'}`;
    return new RegExp(`^file:.*/node_modules/${path}(?:\\?greenify=\\w+)?$`);
  });
  const { port1: names, port2: addHookMessagePort } = new MessageChannel();
  nodeModule.register('import-in-the-middle/hook.mjs', pathToFileURL(__filename), {
    data: { include, addHookMessagePort },
    transferList: [addHookMessagePort],
  });
  nodeModule.register('./thread_hooks.mjs', pathToFileURL(__filename));
  const known = new Set(patches.map(({ name }) => name));
  onPatchedName((name) => {
    if (known.has(name)) return;
    known.add(name);
    names.postMessage([name]);
    waitForAnswer(names);
  });
}

/** Long enough for a thread that runs; one that does not is not waited for. */
const answerMs = 5000;

function waitForAnswer(port: MessagePort): void {
  const until = performance.now() + answerMs;
  const never = new Int32Array(new SharedArrayBuffer(4));
  while (receiveMessageOnPort(port) === undefined && performance.now() < until) {
    Atomics.wait(never, 0, 0, 1);
  }
}

/**
 * Wraps what `import` gives of packages that have a patch. Where Node's synchronous hooks serve, they run in this
 * thread; elsewhere, in another.
 */
export function hookImport(): void {
  const { addHook } = load('import-in-the-middle') as typeof ImportInTheMiddle;
  if (supportsSyncHooks()) {
    synchronousHooks().register({ shouldInclude } as SynchronousHooks.RegisterHooksOptions);
    registerSyncHooks({ resolve: withRightFormat });
    onPatchedName(() => patchedDirectories.clear());
  } else {
    registerThreadHooks();
  }
  addHook(onImport);
}
