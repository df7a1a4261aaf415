import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { addonsOfPackage, type PackageAddons } from '../resolve/addons';
import { isDirectory, isFile, manifestOf, realPath } from '../resolve/manifest';

/** A package that has addons, or should have. */
export interface InstalledPackage {
  name: string;
  version: string;
  directory: string;
  found: PackageAddons;
}

/** greenify's own addon is never redirected, and nobody asks what it waits in. */
const self = realPath(join(__dirname, '..', '..'));

function entries(directory: string): string[] {
  return isDirectory(directory) ? readdirSync(directory) : [];
}

/** The packages right below a node_modules directory, as paths; pnpm keeps them in directories of its own. */
function packagesIn(modules: string): string[] {
  return entries(modules).flatMap((name) => {
    const path = join(modules, name);
    if (name === '.pnpm')
      return entries(path).flatMap((own) => packagesIn(join(path, own, 'node_modules')));
    if (name.startsWith('@')) return entries(path).map((scoped) => join(path, scoped));
    return name.startsWith('.') ? [] : [path];
  });
}

/** The node_modules directories that code in a directory sees: its own, and those above up to a project's root. */
function modulesSeenFrom(directory: string): string[] {
  const found: string[] = [];
  for (let next = directory; ; next = dirname(next)) {
    found.push(join(next, 'node_modules'));
    if (dirname(next) === next) return found.filter(isDirectory);
  }
}

/** Every installed package once, by real path: nested ones and linked ones too. */
function allPackages(directory: string): string[] {
  const seen = new Set<string>();
  const pending = modulesSeenFrom(directory).flatMap(packagesIn);
  for (const path of pending) {
    const real = realPath(path);
    if (seen.has(real) || !isFile(join(real, 'package.json'))) continue;
    seen.add(real);
    pending.push(...packagesIn(join(real, 'node_modules')));
  }
  return [...seen];
}

/** A package with its addons, not with those of what it depends on unless `wholeTree`. */
export function describePackage(directory: string, wholeTree: boolean): InstalledPackage {
  const { name = '', version = '' } = manifestOf(directory) ?? {};
  return { name, version, directory, found: addonsOfPackage(directory, wholeTree) };
}

/**
 * Every package with addons that is installed for the project a directory belongs to, but for greenify. A platform
 * package (`@scope/pkg-linux-x64-gnu`) is part of the package that it belongs to.
 */
export function installedPackages(directory: string): InstalledPackage[] {
  const packages = allPackages(directory).map((path) => describePackage(path, false));
  const parts = new Set([self, ...packages.flatMap(({ found }) => found.parts)]);
  return packages
    .filter(({ directory: path, found }) => !parts.has(path) && hasAddons(found))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function hasAddons({ addons, rejected }: PackageAddons): boolean {
  return addons.length > 0 || rejected.some(({ foreign }) => !foreign);
}
