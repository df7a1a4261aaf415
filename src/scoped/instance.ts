import Module, { createRequire } from 'node:module';
import { extname } from 'node:path';

import { supportsSyncHooks } from '../hooks/modules';
import { wrapFile } from '../hooks/wrap';
import { runLoader } from '../zones';
import {
  type InstanceDescription,
  type InstancePackage,
  isMember,
  isModule,
  memberUrl,
  type Part,
  partUrl,
  replacementFor,
  type ReplacementKind,
} from './description';
import { scopeGlobals } from './globals';
import { announce } from './hooks';
import { internals, moduleAt, scopedModule } from './module';

type Elsewhere = (module: NodeModule, specifier: string) => unknown;
type Replacements = ReadonlyMap<string, unknown>;

/** By way of require-in-the-middle, whatever has replaced it since. */
function requireElsewhere(module: NodeModule, specifier: string): unknown {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it is given
  return Reflect.apply(Module.prototype.require, module, [specifier]) as unknown;
}

function namesOf(value: unknown): string[] {
  return typeof value === 'object' || typeof value === 'function' ? Object.keys(value ?? {}) : [];
}

function namesByKey(replacements: Replacements): Record<string, string[]> {
  return Object.fromEntries([...replacements].map(([key, value]) => [key, namesOf(value)]));
}

type Compile = (content: string, ...rest: unknown[]) => unknown;

/** What an instance is made of. */
export interface InstanceOptions {
  /** Its modules are those of a package; all there are unless told. */
  package?: InstancePackage;
  /** What all of its modules get instead of Node's. */
  builtins: Replacements;
  /** What the package's own modules get instead of something. */
  modules?: Replacements;
  /** Gives any other module, as it is elsewhere. */
  elsewhere?: Elsewhere;
}

const instances = new Map<string, Instance>();

/** A second instance of some modules, with replacements for some of what they ask for. */
export class Instance {
  readonly description: InstanceDescription;
  readonly #modules = new Map<string, NodeModule>();
  readonly #replacements: Record<ReplacementKind, Replacements>;
  readonly #elsewhere: Elsewhere;
  /** What `require` has given of ES modules. */
  readonly #required = new Map<string, unknown>();
  #announced = false;

  constructor({
    builtins,
    modules = new Map(),
    elsewhere = requireElsewhere,
    ...rest
  }: InstanceOptions) {
    const scoped = scopedModule((module, specifier) => this.requireFrom(module, specifier));
    const all = new Map([...builtins, ['module', scoped]]);
    this.#elsewhere = elsewhere;
    this.#replacements = { builtins: all, modules };
    this.description = {
      id: String(instances.size + 1),
      ...rest,
      builtins: namesByKey(all),
      modules: namesByKey(modules),
    };
    instances.set(this.description.id, this);
  }

  /** Makes globals green for its modules, too. */
  scopeGlobals(): void {
    scopeGlobals(this.description.id, (key) => this.replacement('builtins', key));
  }

  /** Makes the loader know the instance, so that its ES modules can be imported. */
  announce(): void {
    if (!this.#announced) announce(this.description);
    this.#announced = true;
  }

  replacement(kind: ReplacementKind, key: string): unknown {
    return this.#replacements[kind].get(key);
  }

  /** What `require` of one of its modules gives. */
  require(file: string, parent?: NodeModule): unknown {
    return isModule(file) ? this.#requireModule(file) : this.requireCommonJs(file, parent);
  }

  /** What a CommonJS file exports in this instance. */
  requireCommonJs(file: string, parent?: NodeModule): unknown {
    const known = this.#modules.get(file);
    if (known !== undefined) return known.exports;
    const module = moduleAt(file, parent);
    this.#modules.set(file, module);
    try {
      runLoader(() => this.#run(module, file));
    } catch (error) {
      this.#modules.delete(file);
      throw error;
    }
    module.exports = wrapFile(file, module.exports, true);
    return module.exports;
  }

  #run(module: NodeModule, file: string): void {
    module.require = ((specifier: string) => this.requireFrom(module, specifier)) as NodeJS.Require;
    this.#nameScript(module, file);
    const load = internals._extensions[extname(file)] ?? internals._extensions['.js'];
    load?.(module, file);
    module.loaded = true;
  }

  /** Both instances of a module have one file name: only by its script does one know whose function has called. */
  #nameScript(module: NodeModule, file: string): void {
    const named = module as NodeModule & { _compile: Compile };
    const compile = named._compile;
    const name = `\n//# sourceURL=${memberUrl(this.description, file)}`;
    named._compile = (content, ...rest) => compile.call(module, content + name, ...rest);
  }

  #requireModule(file: string): unknown {
    if (!this.#required.has(file)) this.#required.set(file, this.#loadModule(file));
    return this.#required.get(file);
  }

  /** Whether there is a default export has to be known before: importing one that is missing is an error. */
  #loadModule(file: string): unknown {
    this.announce();
    const require = createRequire(__filename);
    const part = (kind: Part['kind']): unknown =>
      require(partUrl(this.description, { kind, key: file }));
    const namespace = part('namespace') as object;
    return part('default' in namespace ? 'default' : 'named');
  }

  /** What `module` gets for `specifier`. */
  requireFrom(module: NodeModule, specifier: string): unknown {
    const replaced = replacementFor(this.description, specifier, module.filename);
    if (replaced !== undefined) return this.replacement(replaced.kind, replaced.key);
    if (Module.isBuiltin(specifier)) return this.#elsewhere(module, specifier);
    const file = createRequire(module.filename).resolve(specifier);
    const isOurs = isMember(this.description, file) && canBeRequired(file);
    return isOurs ? this.require(file, module) : this.#elsewhere(module, specifier);
  }
}

/** Whether `require` can give a second instance of a file: of ES modules with hooks that `require` heeds. */
export function canBeRequired(file: string): boolean {
  return !isModule(file) || supportsSyncHooks();
}

/** For the modules that {@link sourceOf} writes: what they pass on. */
export function valueOf(id: string, kind: ReplacementKind | 'commonjs', key: string): unknown {
  const instance = instances.get(id);
  return kind === 'commonjs' ? instance?.requireCommonJs(key) : instance?.replacement(kind, key);
}
