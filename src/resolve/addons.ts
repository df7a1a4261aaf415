import { join } from 'node:path';

import { type OwnAddons, ownAddons, type Rejected } from './candidates';
import { addonDefect, inspect, isForMusl } from './facts';
import { locatePackage } from './locate';
import { isFile, type Manifest, manifestOf } from './manifest';
import { machine, mismatch, tagsOf } from './tags';

/** The addons of a package and of what it depends on. */
export interface PackageAddons {
  /** Absolute real paths, each once. */
  addons: string[];
  rejected: Rejected[];
  /** The directories of platform packages, which are parts of the packages that name them. */
  parts: string[];
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
  if ('error' in inspected) return inspected.error.message.replace(`${path}: `, '');
  const { facts } = inspected;
  return isForMusl(facts) ? `is for musl, this process has ${machine.libc}` : addonDefect(facts);
}

function withoutForeign(own: OwnAddons): OwnAddons {
  const judged = own.addons.map((path) => ({ path, reason: defect(path) }));
  return {
    ...own,
    addons: judged.filter(({ reason }) => reason === undefined).map(({ path }) => path),
    rejected: [
      ...own.rejected,
      ...judged.flatMap(({ path, reason }) =>
        reason === undefined ? [] : [{ path, reason, foreign: false }],
      ),
    ],
  };
}

/** The addons in the directory of one package, not those of its dependencies. */
export function addonsOfDirectory(directory: string, manifest: Manifest): OwnAddons {
  const cached = known.get(directory);
  if (cached !== undefined) return cached;
  const usesNodeGypBuild = manifest.dependencies.some((name) => name.startsWith('node-gyp-build'));
  const found = withoutForeign(ownAddons(directory, usesNodeGypBuild));
  // What is not there yet may be built or installed while this process runs.
  if (found.addons.length > 0) known.set(directory, found);
  return found;
}

/** lmdb and others come both ways: prebuilt in a platform package, and as sources. */
function isUnbuilt(own: OwnAddons, directory: string): boolean {
  return own.addons.length === 0 && !own.built && isFile(join(directory, 'binding.gyp'));
}

class Search {
  readonly addons = new Set<string>();
  readonly rejected: Rejected[] = [];
  readonly parts: string[] = [];
  private readonly seen = new Set<string>();

  constructor(private readonly wholeTree: boolean) {}

  visit(directory: string): void {
    if (this.seen.has(directory)) return;
    this.seen.add(directory);
    const manifest = manifestOf(directory);
    if (manifest === undefined) return;
    const own = addonsOfDirectory(directory, manifest);
    for (const path of own.addons) this.addons.add(path);
    this.rejected.push(...own.rejected);
    if (isUnbuilt(own, directory)) {
      this.reject(directory, 'has a binding.gyp, but was not built', false);
    }
    for (const name of manifest.dependencies) {
      if (!isPlatformPackage(name)) this.followDependency(name, directory);
      // Its loader takes what was compiled here.
      else if (!own.built) this.followPart(name, directory);
    }
  }

  private followDependency(name: string, from: string): void {
    if (!this.wholeTree) return;
    const located = locatePackage(name, [from]);
    if ('directory' in located) this.visit(located.directory);
  }

  private followPart(name: string, from: string): void {
    const reason = mismatch(tagsOf(name));
    const located = locatePackage(name, [from]);
    if ('lookedIn' in located) {
      if (reason === undefined) this.reject(name, 'is not installed', false);
      return;
    }
    this.parts.push(located.directory);
    const manifest = manifestOf(located.directory);
    if (reason !== undefined || (manifest !== undefined && !isForHere(manifest))) {
      this.reject(located.directory, reason ?? 'is for another platform', true);
      return;
    }
    this.visit(located.directory);
  }

  private reject(path: string, reason: string, foreign: boolean): void {
    this.rejected.push({ path, reason, foreign });
  }
}

/** Why a package has no addon for this machine: each defect, and what the others are for in short. */
export function summarise(rejected: Rejected[]): string[] {
  const defects = rejected.filter(({ foreign }) => !foreign);
  const others = rejected.filter(({ foreign }) => foreign);
  const texts = defects.map(({ path, reason }) => `${path} ${reason}`);
  if (others.length === 0) return texts;
  const reasons = [...new Set(others.map(({ reason }) => reason))];
  return [...texts, `${others.length} for other machines: one ${reasons.join(', one ')}`];
}

/**
 * What loading a package can load on this machine: its own addons, those of its platform packages
 * (`@scope/pkg-linux-x64-gnu`), and with `wholeTree` those of all it depends on. Nothing is executed.
 */
export function addonsOfPackage(directory: string, wholeTree: boolean): PackageAddons {
  const search = new Search(wholeTree);
  search.visit(directory);
  const { addons, rejected, parts } = search;
  return { addons: [...addons], rejected, parts };
}
