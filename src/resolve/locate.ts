import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { isDirectory, isFile, packageOfFile, realPath } from './manifest';

/** Where a package was found, or where it was looked for. */
export type Located = { directory: string } | { lookedIn: string[] };

/** `pkg` of `pkg/sub/path`, `@scope/pkg` of `@scope/pkg/sub`. */
export function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Where code that runs now resolves from: the main script, then the working directory. */
export function defaultOrigins(): string[] {
  const main = process.argv[1];
  const cwd = process.cwd();
  return main !== undefined && isFile(main) ? [realPath(main), cwd] : [cwd];
}

function requireFrom(origin: string): NodeJS.Require {
  return createRequire(isDirectory(origin) ? join(origin, 'noop.js') : origin);
}

/**
 * A package's own `exports` may hide its package.json from `require.resolve`, so the directories that Node
 * looks in are looked at one by one. Nothing is executed.
 */
function locateFrom(name: string, origin: string): Located {
  const require = requireFrom(origin);
  const lookedIn = (require.resolve.paths(name) ?? []).filter(isDirectory);
  const directory = lookedIn
    .map((parent) => join(parent, name))
    .find((candidate) => isFile(join(candidate, 'package.json')));
  if (directory !== undefined) return { directory: realPath(directory) };
  return locateByResolution(require, name) ?? { lookedIn };
}

/** For resolvers that know no node_modules directories (Plug'n'Play), and a package that names itself. */
function locateByResolution(require: NodeJS.Require, name: string): Located | undefined {
  for (const specifier of [`${name}/package.json`, name]) {
    try {
      const owner = packageOfFile(dirname(require.resolve(specifier)));
      if (owner?.name === name) return { directory: owner.directory };
    } catch {
      continue; // ERR_PACKAGE_PATH_NOT_EXPORTED or MODULE_NOT_FOUND
    }
  }
  return undefined;
}

/** The directory of a package, seen from one origin after the other. */
export function locatePackage(name: string, origins: string[]): Located {
  const lookedIn = new Set<string>();
  for (const origin of origins) {
    const located = locateFrom(name, origin);
    if ('directory' in located) return located;
    for (const directory of located.lookedIn) lookedIn.add(directory);
  }
  return { lookedIn: [...lookedIn] };
}
