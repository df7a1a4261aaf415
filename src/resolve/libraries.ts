import { dirname, join } from 'node:path';

import type { ObjectFacts } from '../native';
import { inspect, isMuslLibrary } from './facts';
import { cachedPaths } from './ld_cache';
import { isFile, realPath } from './manifest';

/** A shared library that an addon needs (DT_NEEDED), itself or through others. */
export interface ResolvedLibrary {
  /** As it is asked for. */
  soname: string;
  /** The real path of the file that the dynamic linker takes; absent where it finds none. */
  path?: string;
  /** Why it cannot be loaded: missing (and where it was looked for), wrong architecture, musl instead of glibc … */
  reason?: string;
  /** The path of the addon or library that asks for it. */
  neededBy: string;
}

/** An object amid the closure: the path it is opened by, and who asked for it first. */
interface Opened {
  path: string;
  facts: ObjectFacts;
  parent?: Opened;
}

type Found = { opened: Opened } | { reason: string; path?: string };

// What ld.so(8) calls the default path, of Debian's kind and of Fedora's.
const triplets: Partial<Record<NodeJS.Architecture, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
};
const libraryDirectories = [`lib/${triplets[process.arch] ?? ''}`, 'lib64', 'lib'];
const systemDirectories = ['/', '/usr/'].flatMap((root) =>
  libraryDirectories.map((directory) => root + directory),
);

/** The directories of DT_RPATH, DT_RUNPATH or LD_LIBRARY_PATH, with the tokens of ld.so(8) put in. */
function expand(list: string, origin: string): string[] {
  const directories = list.split(/[:;]/).filter((directory) => directory !== '');
  return directories.flatMap((directory) => {
    const path = directory.replace(/\$(\{ORIGIN\}|ORIGIN)/g, origin);
    if (!/\$(\{LIB\}|LIB)/.test(path)) return [path];
    return libraryDirectories.map((library) => path.replace(/\$(\{LIB\}|LIB)/g, library));
  });
}

/** DT_RPATH of the object and of those that led to it, each ignored where it has a DT_RUNPATH. */
function rpaths(object: Opened): string[] {
  const directories: string[] = [];
  if (object.facts.runpath !== '') return directories;
  for (let next: Opened | undefined = object; next !== undefined; next = next.parent) {
    if (next.facts.runpath === '') {
      directories.push(...expand(next.facts.rpath, dirname(next.path)));
    }
  }
  return directories;
}

/** In the order of ld.so(8). */
function searchPath(object: Opened): { own: string[]; system: string[] } {
  const own = [
    ...rpaths(object),
    ...expand(process.env['LD_LIBRARY_PATH'] ?? '', dirname(object.path)),
    ...expand(object.facts.runpath, dirname(object.path)),
  ];
  return { own, system: object.facts.noDefaultLibraries ? [] : systemDirectories };
}

function candidates(soname: string, object: Opened): { paths: string[]; lookedIn: string[] } {
  if (soname.includes('/')) return { paths: [soname], lookedIn: [dirname(soname)] };
  const { own, system } = searchPath(object);
  const within = (directories: string[]): string[] =>
    directories.map((directory) => join(directory, soname));
  const cached = object.facts.noDefaultLibraries ? [] : cachedPaths(soname);
  const lookedIn = [...own, ...(system.length > 0 ? ['/etc/ld.so.cache'] : []), ...system];
  return { paths: [...within(own), ...cached, ...within(system)], lookedIn };
}

/** The dynamic linker passes over files for other machines, and stops at what is no library at all. */
const passedOver = new Set(['ERR_GREENIFY_ELF_WRONG_MACHINE', 'ERR_GREENIFY_ELF_WRONG_CLASS']);

function find(soname: string, object: Opened): Found {
  if (isMuslLibrary(soname)) {
    return { reason: 'is musl’s C library, and this process has glibc: install the glibc build' };
  }
  const { paths, lookedIn } = candidates(soname, object);
  const passed: string[] = [];
  for (const path of paths.filter(isFile)) {
    const inspected = inspect(realPath(path));
    if ('facts' in inspected) {
      return { opened: { path, facts: inspected.facts, parent: object } };
    }
    const { code, message } = inspected.error;
    if (!passedOver.has(code)) {
      return { path: realPath(path), reason: `cannot be loaded: ${message}` };
    }
    passed.push(message);
  }
  if (passed.length > 0) return { reason: passed.join(' ') };
  return { reason: `is missing: looked in ${[...new Set(lookedIn)].join(', ')}` };
}

/** What an object asks of a library that the library does not have; glibc refuses to load it then. */
function missingVersion(asking: ObjectFacts, soname: string, library: ObjectFacts): string {
  // A library without any versions is taken as it is, with a warning.
  if (library.definedVersions.length === 0) return '';
  const missing = asking.neededVersions.filter(
    (needed) => needed.library === soname && !library.definedVersions.includes(needed.version),
  );
  return missing.map(({ version }) => version).join(', ');
}

class Closure {
  private readonly libraries = new Map<string, ResolvedLibrary>();
  private readonly factsOf = new Map<string, ObjectFacts>();
  private readonly pending: Opened[];

  constructor(root: Opened) {
    this.pending = [root];
  }

  resolve(): ResolvedLibrary[] {
    for (const object of this.pending) {
      for (const soname of object.facts.needed) this.require(soname, object);
    }
    return [...this.libraries.values()];
  }

  private require(soname: string, object: Opened): void {
    if (!this.libraries.has(soname)) this.open(soname, object);
    this.checkVersions(soname, object);
  }

  private open(soname: string, object: Opened): void {
    const neededBy = realPath(object.path);
    const found = find(soname, object);
    if ('reason' in found) {
      this.libraries.set(soname, { soname, ...found, neededBy });
      return;
    }
    const { path, facts } = found.opened;
    this.libraries.set(soname, { soname, path: realPath(path), neededBy });
    this.factsOf.set(soname, facts);
    // libc, libstdc++ and their like need nothing but each other.
    if (facts.exclusion === '') this.pending.push(found.opened);
  }

  private checkVersions(soname: string, object: Opened): void {
    const library = this.libraries.get(soname);
    const facts = this.factsOf.get(soname);
    if (library === undefined || facts === undefined || library.reason !== undefined) return;
    const missing = missingVersion(object.facts, soname, facts);
    if (missing === '') return;
    library.neededBy = realPath(object.path);
    library.reason = `is too old: ${library.path ?? soname} has no ${missing}`;
  }
}

/**
 * The shared libraries that an addon needs, and those that they need, as the dynamic linker finds them: DT_RPATH,
 * LD_LIBRARY_PATH, DT_RUNPATH, /etc/ld.so.cache, the system's directories. Nothing is loaded.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_ELF_…`: the addon itself is missing, no ELF object of this machine …
 */
export function librariesOf(addon: string): ResolvedLibrary[] {
  const inspected = inspect(realPath(addon));
  if ('error' in inspected) throw inspected.error;
  return new Closure({ path: addon, facts: inspected.facts }).resolve();
}

/** Those of the libraries that cannot be loaded, each as a sentence: which, needed by whom, why. */
export function libraryProblems(libraries: readonly ResolvedLibrary[]): string[] {
  return libraries.flatMap(({ soname, neededBy, reason }) =>
    reason === undefined ? [] : [`${soname} (needed by ${neededBy}) ${reason}`],
  );
}
