import { createRequire, isBuiltin } from 'node:module';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { activate } from '../activate';
import { checkObject, chosenFamilies, type Families } from '../choose';
import { GreenifyError, invalidArgument, typed } from '../errors';
import type { FamilyKey } from '../families';
import { preferObjects } from '../hooks/dlopen';
import { installHooks } from '../hooks/install';
import { originalExports } from '../hooks/wrap';
import { native, type ScopeReport } from '../native';
import {
  noteExports,
  noteObjects,
  noteRequest,
  noteScope,
  noteShared,
  noteUndone,
  ownerOf,
} from '../registry/registry';
import { libraryProblems, librariesOf } from '../resolve/libraries';
import { packageOfFile, resolvePackage } from '../resolve/package';
import { waits } from '../resolve/waiting';
import { greenModules } from '../stdlib/green_module';
import { plainBuiltin } from '../stdlib/replacements';
import { describe } from '../thread';
import { callerOf } from './caller';
import { entryOf, plainName } from './description';
import { canBeRequired, Instance } from './instance';

/** Options of {@link importPatched} and {@link requirePatched}: families as of `monkeyPatch`, and these. */
export interface ScopeOptions extends Families {
  /** Redirects the libraries too that objects outside the package need. */
  shared?: boolean;
  /** What the package's own modules get for specifiers that they require or import. */
  modules?: Record<string, unknown>;
  /** The file or URL to resolve from; the caller's unless told. */
  from?: string | URL;
}

interface Scope {
  specifier: string;
  from: string;
  families: FamilyKey[];
  shared: boolean;
  directory: string;
  name: string;
  addons: string[];
  instance: Instance;
}

function checkOptions(options: ScopeOptions, caller: string): void {
  checkObject(options, caller, '{ socket: true, shared: true }');
  const { shared, modules, from } = options;
  if (shared !== undefined && typeof shared !== 'boolean') {
    throw invalidArgument(`${caller}: "shared" must be true or false, not ${describe(shared)}`);
  }
  if (modules !== undefined) checkObject(modules, `${caller}: "modules"`, '{ fs: replacement }');
  if (from !== undefined && typeof from !== 'string' && !(from instanceof URL)) {
    throw invalidArgument(`${caller}: "from" must be a path or a URL, not ${describe(from)}`);
  }
}

function pathOf(from: string | URL): string {
  return from instanceof URL || from.startsWith('file:') ? fileURLToPath(from) : from;
}

type Found = Pick<Scope, 'name' | 'directory' | 'addons'>;

/**
 * Relative to its file; `resolvePackage` takes paths as they are.
 *
 * @param isReason whether to load the package in that directory although it has no addon
 */
function resolve(specifier: string, from: string, isReason: (directory: string) => boolean): Found {
  try {
    const { name, directory, addons } = resolvePackage(specifier, from);
    return { name, directory, addons };
  } catch (error) {
    const { code, path } = error as GreenifyError;
    if (code !== 'ERR_GREENIFY_NO_ADDON' || path === undefined || !isReason(path)) throw error;
    const name = packageOfFile(path)?.name ?? specifier;
    return { name, directory: path, addons: [] };
  }
}

function scopeOf(
  specifier: unknown,
  options: ScopeOptions,
  caller: string,
  callerFile: string,
): Scope {
  if (typeof specifier !== 'string' || specifier === '') {
    throw invalidArgument(
      `${caller} takes the name or path of a package, not ${describe(specifier)}`,
    );
  }
  checkOptions(options, caller);
  const { shared = false, modules = {}, from = callerFile, ...families } = options;
  const chosen = chosenFamilies(families, caller);
  const dependencies = chosen.includes('stdlib');
  const file = pathOf(from);
  const found = resolve(
    specifier,
    file,
    // Whoever names modules knows what the package asks for.
    (directory) => Object.keys(modules).length > 0 || (dependencies && waits(directory)),
  );
  const instance = new Instance({
    package: {
      directory: found.directory,
      dependencies,
      specifier: isAbsolute(specifier) ? pathToFileURL(specifier).href : specifier,
      from: pathToFileURL(file).href,
    },
    builtins: new Map(dependencies ? greenModules() : []),
    modules: new Map(Object.entries(modules).map(([key, value]) => [plainName(key), value])),
  });
  return { ...found, specifier, from: file, families: chosen, shared, instance };
}

/** Redirects what of a scope is mapped, and has the rest redirected when it is loaded. */
function redirect({ addons, families, shared }: Scope, id: number): ScopeReport {
  const report = typed(() => native.scope(addons, families, shared, id));
  noteObjects('importPatched', report.objects);
  return report;
}

/** Before the package is loaded. Gives the id of its scope. */
function begin(scope: Scope): number {
  activate();
  installHooks();
  if (scope.families.includes('stdlib')) scope.instance.scopeGlobals();
  for (const owner of scope.addons.map(ownerOf)) if (owner !== undefined) preferObjects(owner);
  return redirect(scope, 0).id;
}

/** Called when the package is loaded: what it has mapped is redirected, and its exports known as green. */
function finish(scope: Scope, id: number, exported: unknown): void {
  const { name, addons, families } = scope;
  const { shared } = redirect(scope, id);
  noteRequest({ by: 'importPatched', families, subject: name });
  noteScope(name, addons);
  noteShared(name, shared);
  noteExports(exported, addons);
}

/** Called when it cannot be loaded: nothing stays green because of it. Gives what is to be thrown. */
function abandon(scope: Scope, id: number, error: unknown): unknown {
  noteUndone(native.endScope(id));
  return loadFailure(scope, error);
}

function isLoadFailure(error: unknown): error is Error {
  return (error as { code?: unknown } | undefined)?.code === 'ERR_DLOPEN_FAILED';
}

/** What the dynamic linker says, and which libraries are missing. */
function loadFailure(scope: Scope, error: unknown): unknown {
  if (!isLoadFailure(error)) return error;
  const path = scope.addons.find((addon) => error.message.includes(addon)) ?? scope.addons[0];
  const missing = scope.addons.flatMap((addon) => libraryProblems(librariesOf(addon)));
  const libraries = missing.length > 0 ? ` Libraries: ${missing.join('; ')}` : '';
  return new GreenifyError(
    'ERR_GREENIFY_ADDON_LOAD_FAILED',
    `${scope.name} (${scope.directory}): its addon cannot be loaded: ${error.message}.${libraries}`,
    { ...(path === undefined ? {} : { path }), cause: error },
  );
}

/**
 * Loads a package with only that package green: its addons, the libraries that nothing else needs, and a second
 * instance of its own JavaScript, whose `.node` exports are those of the first, and of what it depends on that waits.
 *
 * @param specifier a package's name or specifier, or the path of one of its files or of a `.node` file
 * @throws {TypeError} wrong arguments
 * @throws {GreenifyError} `ERR_GREENIFY_PACKAGE_NOT_FOUND`, `ERR_GREENIFY_NO_ADDON`,
 *   `ERR_GREENIFY_ADDON_NOT_LOADABLE`, `ERR_GREENIFY_ADDON_LOAD_FAILED`, `ERR_GREENIFY_ES_MODULE` (before Node
 *   22.15); what loading the package throws
 * Thread: loop. Source: eventlet.import_patched.
 */
export function requirePatched(specifier: string, options: ScopeOptions = {}): unknown {
  const scope = scopeOf(specifier, options, 'requirePatched()', callerOf(requirePatched));
  const id = begin(scope);
  try {
    const exported = requireInstance(scope);
    finish(scope, id, exported);
    return exported;
  } catch (error) {
    throw abandon(scope, id, error);
  }
}

function requireInstance({ specifier, from, instance }: Scope): unknown {
  const require = createRequire(from);
  const file = require.resolve(specifier);
  if (file.endsWith('.node')) return require(file);
  if (canBeRequired(file)) return instance.require(file);
  throw new GreenifyError(
    'ERR_GREENIFY_ES_MODULE',
    `${specifier} (${file}) is an ES module, of which requirePatched() cannot make a second instance before ` +
      'Node 22.15: use importPatched().',
    { path: file },
  );
}

async function importInstance({ instance }: Scope): Promise<Record<string, unknown>> {
  instance.announce();
  return (await import(entryOf(instance.description))) as Record<string, unknown>;
}

/**
 * The same as {@link requirePatched} by way of `import`: for ES modules and CommonJS, and gives a promise of the
 * module's namespace.
 *
 * Thread: loop. Source: eventlet.import_patched.
 */
export async function importPatched(
  specifier: string,
  options: ScopeOptions = {},
): Promise<Record<string, unknown>> {
  const scope = scopeOf(specifier, options, 'importPatched()', callerOf(importPatched));
  const id = begin(scope);
  try {
    const namespace = await importInstance(scope);
    finish(scope, id, namespace);
    noteExports(namespace['default'], scope.addons);
    return namespace;
  } catch (error) {
    throw abandon(scope, id, error);
  }
}

/**
 * A module as it is without greenify: one of Node's own, or what a package exported before a patch put something in
 * its place. Import slots are the process's, so the addons of a green package are green here too.
 *
 * @param specifier as `require` takes it, from the file of the caller
 * @throws what `require` throws
 * Thread: loop. Source: eventlet.patcher.original, gevent.monkey.get_original.
 */
export function original(specifier: string): unknown {
  if (typeof specifier !== 'string' || specifier === '') {
    throw invalidArgument(`original() takes the name of a module, not ${describe(specifier)}`);
  }
  const exported: unknown = createRequire(callerOf(original))(specifier);
  return isBuiltin(specifier) ? plainBuiltin(exported) : originalExports(exported);
}
