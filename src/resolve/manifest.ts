import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What of a package.json matters here. Every field is somebody else's input. */
export interface Manifest {
  name: string;
  version: string;
  /** Of `dependencies` and `optionalDependencies`. */
  dependencies: string[];
  os: string[];
  cpu: string[];
  libc: string[];
}

const cache = new Map<string, Manifest | undefined>();

function names(value: unknown): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

/** `os`, `cpu` and `libc` may be a string or an array of strings (npm's package.json(5)). */
function strings(value: unknown): string[] {
  return [value].flat().filter((item): item is string => typeof item === 'string');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function parse(path: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // no such file, not readable, or not JSON: Node finds no package there either
  }
}

function read(path: string): Manifest | undefined {
  const fields = parse(path);
  if (fields === undefined) return undefined;
  const { name, version, dependencies, optionalDependencies, os, cpu, libc } = fields;
  return {
    name: text(name),
    version: text(version),
    dependencies: [...new Set([...names(dependencies), ...names(optionalDependencies)])],
    os: strings(os),
    cpu: strings(cpu),
    libc: strings(libc),
  };
}

/** The package.json of a directory; undefined where there is none. What was found is remembered. */
export function manifestOf(directory: string): Manifest | undefined {
  const known = cache.get(directory);
  if (known !== undefined) return known;
  const manifest = read(join(directory, 'package.json'));
  if (manifest !== undefined) cache.set(directory, manifest);
  return manifest;
}

export function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Without symbolic links, as Node names modules; the path itself where nothing is there. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * The package a file belongs to: that of the nearest package.json with a name. (Those without one only tell
 * what kind of modules a directory holds.)
 */
export function packageOfFile(
  path: string,
): { name: string; version: string; directory: string } | undefined {
  const real = realPath(path);
  let directory = isDirectory(real) ? real : dirname(real);
  for (;;) {
    const manifest = manifestOf(directory);
    if (manifest !== undefined && manifest.name !== '') {
      return { name: manifest.name, version: manifest.version, directory };
    }
    const parent = dirname(directory);
    if (parent === directory) return undefined;
    directory = parent;
  }
}
