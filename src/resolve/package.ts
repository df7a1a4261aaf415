import { createRequire } from 'node:module';
import { basename, dirname, isAbsolute, resolve } from 'node:path';

import { GreenifyError } from '../errors';
import { addonsOfPackage, type PackageAddons } from './addons';
import { defaultOrigins, locatePackage, packageName } from './locate';
import { isDirectory, isFile, packageOfFile, realPath } from './manifest';
import { describeMachine } from './tags';

export { packageOfFile } from './manifest';

export interface ResolvedPackage {
  name: string;
  /** Empty where its package.json has none. */
  version: string;
  directory: string;
  /** Absolute real paths of the `.node` files it can load on this machine. */
  addons: string[];
}

const { cache } = createRequire(__filename);

/** A file that is no addon stands for its package; an addon or a shared library for itself. */
const objectFile = /\.node$|\.so(\.[\d.]+)?$/;

function notFound(message: string, path?: string): GreenifyError {
  const details = path === undefined ? {} : { path };
  return new GreenifyError('ERR_GREENIFY_PACKAGE_NOT_FOUND', message, details);
}

function noAddon(name: string, directory: string, found: PackageAddons): GreenifyError {
  const where = `for ${describeMachine()}: looked in ${directory} and in the packages it depends on`;
  if (found.rejected.length === 0 && found.missing.length === 0) {
    return new GreenifyError(
      'ERR_GREENIFY_NO_ADDON',
      `${name} has no native addon (.node) ${where}. A package of JavaScript alone has nothing to redirect; ` +
        'if this one has an addon, build it (npm rebuild), or give the path of its .node file.',
      { path: directory },
    );
  }
  const rejected = found.rejected.map(({ path, reason }) => `${path} ${reason}`);
  return new GreenifyError(
    'ERR_GREENIFY_ADDON_NOT_LOADABLE',
    `${name} has no native addon (.node) that can be loaded, ${where}: ` +
      `${[...found.missing, ...rejected].join('; ')}. Install or build it for this machine ` +
      '(npm install --include=optional, npm rebuild).',
    { path: directory },
  );
}

function resolveDirectory(directory: string): ResolvedPackage {
  const owner = packageOfFile(directory);
  if (owner === undefined) {
    throw notFound(
      `${directory}: no package.json with a name, here or in a directory above`,
      directory,
    );
  }
  const found = addonsOfPackage(owner.directory);
  if (found.addons.length === 0) throw noAddon(owner.name, owner.directory, found);
  return { ...owner, addons: found.addons };
}

function resolvePath(path: string): ResolvedPackage {
  if (!isFile(path) && !isDirectory(path)) throw notFound(`${path}: no such file`, path);
  const real = realPath(path);
  if (!isFile(real) || !objectFile.test(real)) return resolveDirectory(real);
  const owner = packageOfFile(real);
  return {
    ...(owner ?? { name: basename(real), version: '', directory: dirname(real) }),
    addons: [real],
  };
}

function resolveName(specifier: string, origins: string[]): ResolvedPackage {
  const name = packageName(specifier);
  const located = locatePackage(name, origins);
  if ('directory' in located) return resolveDirectory(located.directory);
  const where = located.lookedIn.join(', ') || 'no node_modules directory there';
  throw notFound(
    `${name}: no such package, looked for from ${origins.join(' and ')} in: ${where}. ` +
      `Install it (npm install ${name}), or give the path of its directory or .node file.`,
  );
}

/** The file of the CommonJS module that exports an object, or that an ES module's namespace wraps. */
function fileOfModule(exported: object): string {
  const namespace = exported as { default?: unknown; 'module.exports'?: unknown };
  const wanted = [exported, namespace['module.exports'], namespace.default];
  const module = Object.values(cache).find(
    (candidate) => candidate !== undefined && wanted.includes(candidate.exports),
  );
  if (module !== undefined) return module.filename;
  throw notFound(
    'no loaded CommonJS module exports this object. Give the name of the package, or a path.',
  );
}

/**
 * From a package to the addons it can load on this machine. Nothing is executed.
 *
 * @param subject a package name or specifier (`pkg`, `pkg/sub`, `@scope/pkg`), a path (absolute, or relative with
 *   a leading dot), or the module object of a loaded package. A path of a `.node` or `.so` file stands for that
 *   file alone; every other file for its package.
 * @param from the file or directory to resolve from; the main script, then the working directory by default
 * @throws {GreenifyError} `ERR_GREENIFY_PACKAGE_NOT_FOUND`, `ERR_GREENIFY_NO_ADDON` (a package of JavaScript
 *   alone), `ERR_GREENIFY_ADDON_NOT_LOADABLE` (addons, none for this machine): each says what was looked for, and
 *   where
 */
export function resolvePackage(subject: string | object, from?: string): ResolvedPackage {
  if (typeof subject !== 'string') return resolvePath(fileOfModule(subject));
  const origins = from === undefined ? defaultOrigins() : [resolve(from)];
  if (isAbsolute(subject)) return resolvePath(subject);
  if (/^\.\.?(\/|$)/.test(subject)) {
    const [origin = process.cwd()] = origins;
    return resolvePath(resolve(isDirectory(origin) ? origin : dirname(origin), subject));
  }
  return resolveName(subject, origins);
}
