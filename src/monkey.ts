import { isBuiltin } from 'node:module';

import { activate } from './activate';
import { chosenFamilies, chosenSettings, type Families, type PatchOptions } from './choose';
import { invalidArgument, typed } from './errors';
import { isFamilyKey, isPatchKey, libraryKeys, type PatchKey, patchKeys } from './families';
import { installHooks } from './hooks/install';
import { native, type UndoReport } from './native';
import { inherit, inheritanceReport, type InheritanceReport } from './processes/inherit';
import {
  addonsBehind,
  addonsNamed,
  noteObject,
  noteObjects,
  noteRequest,
  noteUndone,
  type ObjectRecord,
  withOthers,
  written,
} from './registry/registry';
import { objectsOfModule, objectsOfPackage } from './resolve/loaded';
import { makeServersGreen } from './servers';
import { enableNodeCalls } from './stdlib/node_calls';
import { installGreenFunctions, isGreenBuiltin } from './stdlib/replacements';
import { describe } from './thread';
import { isObject } from './values';

/** What {@link monkeyPatch} has done. */
export interface PatchReport {
  /** The keys that are switched on now, by all calls together. */
  families: PatchKey[];
  /** Every loaded addon and shared library that imports a function of theirs. */
  objects: ObjectRecord[];
  /** Every other object that is loaded, and why nothing of it is redirected; looked for when it is first read. */
  others: ObjectRecord[];
  /** What children and workers get, and what they cannot be given; only with `process: { inherit: true }`. */
  inherited?: InheritanceReport;
}

/** As in greenify: a library's sleeps are left alone unless asked for. */
const libraryDefaults = libraryKeys.filter((key) => key !== 'sleep');

const enabled = new Set<PatchKey>();
let inherits = false;

/**
 * Makes the blocking calls of native addons cooperative: redirects the import slots of every addon and library
 * that is loaded now, and of those loaded later, to green versions; with `server`, the callbacks of servers run in
 * green threads. Nothing changes outside green threads. Several calls add up.
 *
 * @param options families to redirect, and `server`; all of them by default. `process: { inherit: true }` passes them
 *   on to children and workers that are started later
 * @returns what was redirected, object by object
 * @throws {TypeError} an unknown key or a value that is not a boolean; nothing has been patched then
 * @throws {GreenifyError} this build of Node cannot have green threads, or an object cannot be written to
 * Thread: loop. Source: eventlet.monkey_patch, gevent.monkey.patch_all.
 */
export function monkeyPatch(options?: PatchOptions): PatchReport {
  const { keys, inherit: asked = inherits } = chosenSettings(options, 'monkeyPatch()');
  activate();
  const objects = typed(() => native.enable(keys.filter(isFamilyKey)));
  for (const key of keys) enabled.add(key);
  if (enabled.has('stdlib')) {
    enableNodeCalls();
    installGreenFunctions();
  }
  if (enabled.has('server')) makeServersGreen();
  const all = patchKeys.filter((key) => enabled.has(key));
  noteRequest({ by: 'monkeyPatch', families: all.filter(isFamilyKey) });
  installHooks();
  inherits = asked;
  inherit(inherits ? all : undefined);
  const inherited = inheritanceReport(all);
  const report = { families: all, objects: noteObjects('monkeyPatch', written(objects)) };
  Object.assign(report, inherited === undefined ? {} : { inherited });
  return withOthers(report);
}

/**
 * Redirects one shared library or addon, loading it if need be.
 *
 * @param path a path (with a slash) or a soname such as `libpq.so.5`
 * @param options families; all but `sleep` by default
 * @throws {GreenifyError} `ERR_GREENIFY_ELF_…`: the file is missing, is not an ELF object of this machine, is
 *   truncated …; it names path and reason, and nothing has changed
 * Thread: loop. Source: greenify.patch_lib.
 */
export function patchLib(path: string, options?: Families): ObjectRecord {
  if (typeof path !== 'string' || path === '') {
    throw invalidArgument(
      `patchLib() takes a path or a soname, not ${path === '' ? 'an empty string' : describe(path)}`,
    );
  }
  const families = chosenFamilies(options, 'patchLib()', libraryDefaults);
  activate();
  const object = typed(() => native.patchLibrary(path, families));
  noteRequest({ by: 'patchLib', families, subject: object.path });
  return noteObject('patchLib', object);
}

/**
 * Puts the slots of a library back to what they held before, where they still hold greenify's value.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_ELF_NOT_LOADED`
 * Thread: loop.
 */
export function unpatchLib(path: string): UndoReport {
  if (typeof path !== 'string' || path === '') {
    throw invalidArgument(`unpatchLib() takes a path or a soname, not ${describe(path)}`);
  }
  const undone = typed(() => native.unpatchLibrary(path));
  noteUndone([undone]);
  return undone;
}

/**
 * Whether something is green.
 *
 * @param subject a key of `monkeyPatch` (`'socket'`), the name of a builtin module (`'crypto'`), a package name or its module
 *   object (true when it has loaded native addons and all of them are redirected), or the path or soname of an addon
 *   or shared library
 * @throws {TypeError} something else
 * Source: eventlet.patcher.is_monkey_patched.
 */
export function isMonkeyPatched(subject: unknown): boolean {
  if (typeof subject === 'string') return isNamePatched(subject);
  if (isObject(subject)) {
    if (isGreenBuiltin(subject)) return enabled.has('stdlib');
    return areAllPatched(addonsBehind(subject) ?? objectsOfModule(subject));
  }
  throw invalidArgument(
    `isMonkeyPatched() takes a family key, a package name, a module or a path, not ${describe(subject)}`,
  );
}

function isNamePatched(name: string): boolean {
  if (isPatchKey(name)) return enabled.has(name);
  if (name === 'node:sqlite') return native.isSqlitePatched();
  if (isBuiltin(name)) return isGreenBuiltin(name) && enabled.has('stdlib');
  if (/\.node$|\.so(\.|$)/.test(name)) return native.isPatched(name);
  return areAllPatched([...new Set([...objectsOfPackage(name), ...addonsNamed(name)])]);
}

function areAllPatched(objects: readonly string[]): boolean {
  return objects.length > 0 && objects.every((path) => native.isPatched(path));
}
