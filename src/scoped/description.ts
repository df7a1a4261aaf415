import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { packageOfFile } from '../resolve/manifest';
import { packageTree, waits } from '../resolve/waiting';

/** Which package a second instance is of. */
export interface InstancePackage {
  directory: string;
  /** Whether those of the packages that it depends on belong to the instance too that wait. */
  dependencies: boolean;
  /** What was asked for, and the URL it is looked up from. */
  specifier: string;
  from: string;
}

/** Specifiers that something takes the place of, with the names that it exports. */
type Replaced = Record<string, string[]>;

/** A second instance of some JavaScript, as loader hooks must know it, also those in another thread. */
export interface InstanceDescription {
  id: string;
  /** All modules there are belong to it unless told. */
  package?: InstancePackage;
  /** What all of its modules get instead of Node's. */
  builtins: Replaced;
  /** What the package's own modules get instead of something. */
  modules: Replaced;
}

/** What a resolve hook passes on to the next one, and gives. */
export interface Resolution {
  url: string;
  format?: string | null | undefined;
  shortCircuit?: boolean;
}

/** Which map of replacements a specifier is a key of. */
export type ReplacementKind = 'modules' | 'builtins';

/**
 * What a module of an instance is made of: a replacement, a CommonJS module, or an ES module for `require`: its namespace,
 * or what is given of it, with its default export or where it has none.
 */
export interface Part {
  kind: ReplacementKind | 'commonjs' | 'namespace' | 'default' | 'named';
  key: string;
}

const scheme = 'greenify:';
const parameter = 'greenify';

/** `node:fs` and `fs` are one. */
export function plainName(specifier: string): string {
  const name = specifier.startsWith('node:') ? specifier.slice('node:'.length) : specifier;
  return isBuiltin(name) ? name : specifier;
}

/** Whether a file belongs to the package in `directory` itself, not to what it depends on. */
function isOwnFile(directory: string, file: string): boolean {
  if (!file.startsWith(directory + sep)) return false;
  return !file.slice(directory.length).includes(`${sep}node_modules${sep}`);
}

const ownDirectory = dirname(__dirname);

/** greenify itself is there once. */
export function isGreenify(file: string): boolean {
  return isOwnFile(ownDirectory, file);
}

function isDependency({ directory, dependencies }: InstancePackage, file: string): boolean {
  if (!dependencies) return false;
  const owner = packageOfFile(file);
  return (
    owner !== undefined && packageTree(directory).has(owner.directory) && waits(owner.directory)
  );
}

/** Whether a file that is no addon is a module of the instance. */
export function isMember(instance: InstanceDescription, file: string): boolean {
  if (isGreenify(file) || file.endsWith('.node')) return false;
  if (instance.package === undefined) return true;
  return isOwnFile(instance.package.directory, file) || isDependency(instance.package, file);
}

/** The specifier whose import gives what the instance is asked for. */
export function entryOf({ id }: InstanceDescription): string {
  return `${scheme}entry/${id}`;
}

/** A file's URL as a module of the instance; in stack traces, CommonJS modules have it too. */
export function memberUrl({ id }: InstanceDescription, file: string): string {
  return `${pathToFileURL(file).href}?${parameter}=${id}`;
}

/** The instance that a module belongs to, by its URL; none for a wrapper of import-in-the-middle's around it. */
export function instanceOf(url: string | undefined): string | undefined {
  const [, id] = new RegExp(`\\?${parameter}=(\\w+)$`).exec(url ?? '') ?? [];
  return id;
}

/** The instance whose entry a specifier is. */
export function entryInstance(specifier: string): string | undefined {
  const prefix = `${scheme}entry/`;
  return specifier.startsWith(prefix) ? specifier.slice(prefix.length) : undefined;
}

/** The URL of a module that {@link sourceOf} writes. */
export function partUrl({ id }: InstanceDescription, { kind, key }: Part): string {
  return `${scheme}${kind}/${id}/${encodeURIComponent(key)}`;
}

/** The part, and the id of its instance, that such a URL is of. */
export function partOf(url: string): { id: string; part: Part } | undefined {
  const [, kind, id, key] = /^greenify:(\w+)\/([^/]+)\/(.*)$/.exec(url) ?? [];
  if (id === undefined || key === undefined) return undefined;
  return { id, part: { kind: kind as Part['kind'], key: decodeURIComponent(key) } };
}

/** Where the replacement is found that `file`, a module of the instance, gets for `specifier`; if there is one. */
export function replacementFor(
  instance: InstanceDescription,
  specifier: string,
  file: string,
): { kind: ReplacementKind; key: string } | undefined {
  const key = plainName(specifier);
  const isOwn = instance.package !== undefined && isOwnFile(instance.package.directory, file);
  if (isOwn && Object.hasOwn(instance.modules, key)) return { kind: 'modules', key };
  return Object.hasOwn(instance.builtins, key) ? { kind: 'builtins', key } : undefined;
}

/** A URL as it is without import-in-the-middle, whose wrapper is for the first instance. */
function unwrapped(url: string): string {
  return url.replace(/\?iitm=true$/, '');
}

/** The same module as a part of the instance, where it is one of its modules. */
export function memberModule(instance: InstanceDescription, resolved: Resolution): Resolution {
  const url = unwrapped(resolved.url);
  if (!url.startsWith('file:') || /\?|\.(node|json|wasm)$/.test(url)) return resolved;
  const file = fileURLToPath(url);
  if (!isMember(instance, file)) return resolved;
  // The format of a wrapper is its own: what it wraps is told by its name, and by its package.
  const format = url === resolved.url ? resolved.format : undefined;
  const member = isModule(file, format)
    ? memberUrl(instance, file)
    : partUrl(instance, { kind: 'commonjs', key: file });
  return { url: member, format: 'module', shortCircuit: true };
}

/** Whether a file is an ES module: by its name, and its package, where `format` does not tell. */
export function isModule(file: string, format?: string | null): boolean {
  if (format === 'module' || format === 'commonjs') return format === 'module';
  const [, kind] = /\.([cm]?)[jt]s$/.exec(file) ?? [];
  return kind === 'm' || (kind === '' && typeOf(dirname(file)) === 'module');
}

/** The "type" of the nearest package.json. */
function typeOf(directory: string): unknown {
  const manifest = join(directory, 'package.json');
  if (existsSync(manifest)) {
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { type?: unknown }).type;
  }
  return dirname(directory) === directory ? undefined : typeOf(dirname(directory));
}
