import Module, { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

type RequireFrom = (module: NodeModule, specifier: string) => unknown;

/** What of `node:module` programs that load modules by themselves rely on, and its types leave out. */
interface ModuleInternals {
  _extensions: Record<string, ((module: NodeModule, file: string) => void) | undefined>;
  _nodeModulePaths(directory: string): string[];
}

export const internals = Module as unknown as ModuleInternals;

/** A module that requires, as it were, from `file`. */
export function moduleAt(file: string, parent?: NodeModule): NodeModule {
  const module = new Module(file, parent);
  module.filename = file;
  module.paths = internals._nodeModulePaths(dirname(file));
  return module;
}

/** What `createRequire` takes; a directory stands for a file in it. */
function fileOf(from: string | URL): string {
  const path = from instanceof URL || from.startsWith('file:') ? fileURLToPath(from) : from;
  return path.endsWith(sep) ? join(path, 'noop.js') : path;
}

/**
 * Node's `module` as the modules of an instance get it: what they make a `require` with for themselves, as ES modules
 * do that have none, requires for the instance, too.
 */
export function scopedModule(requireFrom: RequireFrom): object {
  const create = (from: string | URL): NodeJS.Require => {
    const plain = createRequire(from);
    const module = moduleAt(fileOf(from));
    const scoped = (specifier: string): unknown => requireFrom(module, specifier);
    return Object.defineProperties(
      scoped,
      Object.getOwnPropertyDescriptors(plain),
    ) as NodeJS.Require;
  };
  return new Proxy(Module, {
    get: (target, key): unknown => (key === 'createRequire' ? create : Reflect.get(target, key)),
  });
}
