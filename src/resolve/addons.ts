import { join } from 'node:path';

import { type OwnAddons, ownAddons, type Rejected } from './candidates';
import { inspect, isForMusl } from './facts';
import { locatePackage } from './locate';
import { isFile, type Manifest, manifestOf } from './manifest';
import { machine, mismatch, tagsOf } from './tags';

/** The addons of a package and of what it depends on. */
export interface PackageAddons {
  /** Absolute real paths, each once. */
  addons: string[];
  rejected: Rejected[];
  /** Why there is nothing where there should be something: not built, not installed. */
  missing: string[];
}

/** npm's rule for `os`, `cpu` and `libc`: names, or names with `!` that are not allowed. */
function allows(list: string[], own: string): boolean {
  if (list.includes(`!${own}`)) return false;
  const wanted = list.filter((name) => !name.startsWith('!'));
  return wanted.length === 0 || wanted.includes(own) || wanted.includes('any');
}

function isForHere(manifest: Manifest): boolean {
  return (
    allows(manifest.os, machine.platform) &&
    allows(manifest.cpu, machine.arch) &&
    allows(manifest.libc, machine.libc)
  );
}

/** A package that holds nothing but a prebuilt addon says so by its name: `@scope/pkg-linux-x64-gnu`. */
function isPlatformPackage(name: string): boolean {
  const { platforms, architectures } = tagsOf(name);
  return platforms.length > 0 && architectures.length > 0;
}

const known = new Map<string, OwnAddons>();

/** Why a file cannot be loaded, whatever its name promises. */
function defect(path: string): string | undefined {
  const inspected = inspect(path);
  if ('error' in inspected) return inspected.error.message.replace(`${path}: `, ': ');
  return isForMusl(inspected.facts) ? `is for musl, this process has ${machine.libc}` : undefined;
}

function withoutForeign(own: OwnAddons): OwnAddons {
  const judged = own.addons.map((path) => ({ path, reason: defect(path) }));
  return {
    ...own,
    addons: judged.filter(({ reason }) => reason === undefined).map(({ path }) => path),
    rejected: [
      ...own.rejected,
      ...judged.flatMap(({ path, reason }) => (reason === undefined ? [] : [{ path, reason }])),
    ],
  };
}

/** The addons in the directory of one package, not those of its dependencies. */
export function addonsOfDirectory(directory: string, manifest: Manifest): OwnAddons {
  const cached = known.get(directory);
  if (cached !== undefined) return cached;
  const usesNodeGypBuild = manifest.dependencies.some((name) => name.startsWith('node-gyp-build'));
  const found = withoutForeign(ownAddons(directory, usesNodeGypBuild));
  known.set(directory, found);
  return found;
}

class Search {
  readonly addons = new Set<string>();
  readonly rejected: Rejected[] = [];
  readonly missing: string[] = [];
  private readonly seen = new Set<string>();

  visit(directory: string): void {
    if (this.seen.has(directory)) return;
    this.seen.add(directory);
    const manifest = manifestOf(directory);
    if (manifest === undefined) return;
    const own = addonsOfDirectory(directory, manifest);
    for (const path of own.addons) this.addons.add(path);
    this.rejected.push(...own.rejected);
    if (own.addons.length === 0 && isFile(join(directory, 'binding.gyp'))) {
      this.missing.push(`${directory} has a binding.gyp, but was not built`);
    }
    for (const name of manifest.dependencies) this.follow(name, directory, own.built);
  }

  private follow(name: string, from: string, isBuilt: boolean): void {
    const platformPackage = isPlatformPackage(name);
    // Its loader takes what was compiled here.
    if (platformPackage && isBuilt) return;
    const reason = platformPackage ? mismatch(tagsOf(name)) : undefined;
    const located = locatePackage(name, [from]);
    if ('lookedIn' in located) {
      if (platformPackage && reason === undefined) this.missing.push(`${name} is not installed`);
      return;
    }
    const manifest = manifestOf(located.directory);
    if (reason !== undefined || (manifest !== undefined && !isForHere(manifest))) {
      this.rejected.push({ path: located.directory, reason: reason ?? 'is for another platform' });
      return;
    }
    this.visit(located.directory);
  }
}

/**
 * Everything that loading a package can load on this machine: its own addons, and those of the packages it depends
 * on, platform packages (`@scope/pkg-linux-x64-gnu`) included. Nothing is executed.
 */
export function addonsOfPackage(directory: string): PackageAddons {
  const search = new Search();
  search.visit(directory);
  return { addons: [...search.addons], rejected: search.rejected, missing: search.missing };
}
