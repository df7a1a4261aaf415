import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { addonsOfPackage, type PackageAddons } from '../resolve/addons';
import { isDirectory, isFile, manifestOf, realPath } from '../resolve/manifest';

/** A package that has addons, or should have. */
export interface InstalledPackage {
  directory: string;
  found: PackageAddons;
}

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

/**
 * Every package with addons that is installed for the project a directory belongs to. A platform package
 * (`@scope/pkg-linux-x64-gnu`) is part of the package that it belongs to.
 */
export function installedPackages(directory: string): InstalledPackage[] {
  const packages = allPackages(directory).map((path) => ({
    directory: path,
    found: addonsOfPackage(path, false),
  }));
  const parts = new Set(packages.flatMap(({ found }) => found.parts));
  return packages
    .filter(({ directory: path, found }) => !parts.has(path) && hasAddons(found))
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
}

function hasAddons({ addons, rejected }: PackageAddons): boolean {
  return addons.length > 0 || rejected.some(({ foreign }) => !foreign);
}

function nameOf({ directory }: InstalledPackage): string {
  return manifestOf(directory)?.name ?? directory;
}
