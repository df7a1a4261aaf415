import Module, { createRequire } from 'node:module';
import { dirname, extname } from 'node:path';

import { wrapFile } from '../hooks/wrap';
import { type Part, plainName } from './description';

/** What of `node:module` programs that load modules by themselves rely on, and its types leave out. */
interface ModuleInternals {
  _extensions: Record<string, ((module: NodeModule, file: string) => void) | undefined>;
  _nodeModulePaths(directory: string): string[];
}

const internals = Module as unknown as ModuleInternals;

type Elsewhere = (module: NodeModule, specifier: string) => unknown;

/** By way of require-in-the-middle, whatever has replaced it since. */
function requireElsewhere(module: NodeModule, specifier: string): unknown {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it is given
  return Reflect.apply(Module.prototype.require, module, [specifier]) as unknown;
}

/** A second instance of some CommonJS modules, with replacements for some of what they require. */
export class Instance {
  readonly #modules = new Map<string, NodeModule>();
  #usesReplacements = false;

  /**
   * @param isOwn whether a file is a module of the instance
   * @param elsewhere gives any other module, as it is elsewhere
   */
  constructor(
    private readonly isOwn: (file: string) => boolean,
    private readonly replacements: ReadonlyMap<string, unknown>,
    private readonly elsewhere: Elsewhere = requireElsewhere,
  ) {}

  /** Whether a module has asked for something that has a replacement. */
  get usesReplacements(): boolean {
    return this.#usesReplacements;
  }

  replacement(specifier: string): unknown {
    this.#usesReplacements = true;
    return this.replacements.get(plainName(specifier));
  }

  has(file: string): boolean {
    return this.#modules.has(file);
  }

  /** The addons, and the modules of other packages, that the instance's own modules have loaded. */
  get modules(): NodeModule[] {
    return [...this.#modules.values()];
  }

  /** What `file` exports in this instance; a file of another package is what it is elsewhere. */
  require(file: string, parent?: NodeModule): unknown {
    const known = this.#modules.get(file);
    if (known !== undefined) return known.exports;
    const module = new Module(file, parent);
    this.#modules.set(file, module);
    try {
      this.#run(module, file);
    } catch (error) {
      this.#modules.delete(file);
      throw error;
    }
    module.exports = wrapFile(file, module.exports);
    return module.exports;
  }

  #run(module: NodeModule, file: string): void {
    module.filename = file;
    module.paths = internals._nodeModulePaths(dirname(file));
    module.require = ((specifier: string) => this.requireFrom(module, specifier)) as NodeJS.Require;
    const load = internals._extensions[extname(file)] ?? internals._extensions['.js'];
    load?.(module, file);
    module.loaded = true;
  }

  /** What `module` gets for `specifier`. */
  requireFrom(module: NodeModule, specifier: string): unknown {
    if (this.replacements.has(plainName(specifier))) return this.replacement(specifier);
    if (Module.isBuiltin(specifier)) return this.elsewhere(module, specifier);
    const file = createRequire(module.filename).resolve(specifier);
    if (this.isOwn(file) && !file.endsWith('.node')) return this.require(file, module);
    return this.elsewhere(module, specifier);
  }
}

const instances = new Map<string, Instance>();

export function keepInstance(id: string, instance: Instance): void {
  instances.set(id, instance);
}

/** For the modules that {@link sourceOf} writes: what they pass on. */
export function valueOf(id: string, kind: Part['kind'], key: string): unknown {
  const instance = instances.get(id);
  return kind === 'replacement' ? instance?.replacement(key) : instance?.require(key);
}
