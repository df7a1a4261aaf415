import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { init, parse } from 'cjs-module-lexer';

/** A second instance of a package's JavaScript, as loader hooks must know it, also those in another thread. */
export interface InstanceDescription {
  id: string;
  /** Of the package: what lies in it, but for its node_modules, is the instance's own. */
  directory: string;
  /** What was asked for, and the URL it is looked up from. */
  specifier: string;
  from: string;
  /** Specifiers that something takes the place of, with the names that it exports. */
  replaced: Record<string, string[]>;
}

/** What a resolve hook passes on to the next one, and gives. */
export interface Resolution {
  url: string;
  format?: string | null | undefined;
  shortCircuit?: boolean;
}

/** What a module of an instance is made of. */
export type Part = { kind: 'replacement'; key: string } | { kind: 'commonjs'; key: string };

const scheme = 'greenify:';
const parameter = 'greenify';

/** `node:fs` and `fs` are one. */
export function plainName(specifier: string): string {
  const name = specifier.startsWith('node:') ? specifier.slice('node:'.length) : specifier;
  return isBuiltin(name) ? name : specifier;
}

/** Whether a file belongs to the package in `directory` itself, not to what it depends on. */
export function isOwnFile(directory: string, file: string): boolean {
  if (!file.startsWith(directory + sep)) return false;
  return !file.slice(directory.length).includes(`${sep}node_modules${sep}`);
}

/** The specifier whose import gives what the instance is asked for. */
export function entryOf({ id }: InstanceDescription): string {
  return `${scheme}entry/${id}`;
}

/** The instance that a module belongs to, by its URL. */
export function instanceOf(url: string | undefined): string | undefined {
  if (url === undefined || !url.includes(`?${parameter}=`)) return undefined;
  return new URL(url).searchParams.get(parameter) ?? undefined;
}

/** The instance whose entry a specifier is. */
export function entryInstance(specifier: string): string | undefined {
  const prefix = `${scheme}entry/`;
  return specifier.startsWith(prefix) ? specifier.slice(prefix.length) : undefined;
}

function partUrl(id: string, { kind, key }: Part): string {
  return `${scheme}${kind}/${id}/${encodeURIComponent(key)}`;
}

function partOf(url: string): { id: string; part: Part } | undefined {
  const [, kind, id, key] = /^greenify:(replacement|commonjs)\/([^/]+)\/(.*)$/.exec(url) ?? [];
  if (id === undefined || key === undefined) return undefined;
  return { id, part: { kind: kind as Part['kind'], key: decodeURIComponent(key) } };
}

/** Where an instance's import of `specifier` leads when something takes its place. */
export function replacementFor(
  instance: InstanceDescription,
  specifier: string,
): Resolution | undefined {
  const key = plainName(specifier);
  if (!Object.hasOwn(instance.replaced, key)) return undefined;
  const url = partUrl(instance.id, { kind: 'replacement', key });
  return { url, format: 'module', shortCircuit: true };
}

/** The same module as a part of the instance, where it is one of the package's own. */
export function ownModule(instance: InstanceDescription, resolved: Resolution): Resolution {
  const { url: found } = resolved;
  if (!found.startsWith('file:') || found.includes('?') || /\.(node|json|wasm)$/.test(found)) {
    return resolved;
  }
  const file = fileURLToPath(resolved.url);
  if (!isOwnFile(instance.directory, file)) return resolved;
  if (isModule(file, resolved.format)) {
    return { ...resolved, url: `${resolved.url}?${parameter}=${instance.id}`, shortCircuit: true };
  }
  const url = partUrl(instance.id, { kind: 'commonjs', key: file });
  return { url, format: 'module', shortCircuit: true };
}

function isModule(file: string, format: string | null | undefined): boolean {
  if (format === 'module' || format === 'commonjs') return format === 'module';
  return file.endsWith('.mjs');
}

/** The names that a CommonJS file exports, as Node itself finds them for `import`. */
function namesOf(file: string): string[] {
  try {
    return parse(readFileSync(file, 'utf8')).exports;
  } catch {
    return []; // `import` of what cannot be parsed has a default export only
  }
}

init();

function exportLines(names: readonly string[]): string {
  const lines = names
    .filter((name) => name !== 'default' && name !== 'module.exports')
    .map((name, index) => {
      const key = JSON.stringify(name);
      return `const $${index} = value?.[${key}];\nexport { $${index} as ${key} };`;
    });
  return ['export default value;', 'export { value as "module.exports" };', ...lines].join('\n');
}

/** The text of a module that passes on a replacement, or a CommonJS module of an instance. */
export function sourceOf(
  url: string,
  instances: ReadonlyMap<string, InstanceDescription>,
): string | undefined {
  const found = partOf(url);
  const instance = found && instances.get(found.id);
  if (found === undefined || instance === undefined) return undefined;
  const { kind, key } = found.part;
  const names = kind === 'replacement' ? (instance.replaced[key] ?? []) : namesOf(key);
  const values = pathToFileURL(require.resolve('./instance')).href;
  const which = [found.id, kind, key].map((text) => JSON.stringify(text)).join(', ');
  return (
    `import { valueOf } from ${JSON.stringify(values)};\n` +
    `const value = valueOf(${which});\n${exportLines(names)}\n`
  );
}
