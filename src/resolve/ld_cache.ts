import { readFileSync } from 'node:fs';

/**
 * glibc's /etc/ld.so.cache: which file the dynamic linker takes for a soname (ldconfig(8); the layout is
 * struct cache_file_new of glibc's sysdeps/generic/dl-cache.h).
 */
const magic = 'glibc-ld.so.cache1.1';
const headerSize = 48;
const entrySize = 24;

/** FLAG_ELF_LIBC6 and the processor's own flag: other entries are for other kinds of processes. */
const wantedFlags: Partial<Record<NodeJS.Architecture, number>> = { x64: 0x0303, arm64: 0x0a03 };

function stringAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('utf8', offset, end < 0 ? bytes.length : end);
}

/**
 * The paths per soname. Variants for newer processors (glibc-hwcaps) come last: they are the same library, and
 * import the same.
 */
export function parseCache(bytes: Buffer, arch: NodeJS.Architecture): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  // Older systems put the newer format behind the older one.
  const start = bytes.indexOf(magic);
  if (start < 0 || start + headerSize > bytes.length) return paths;
  const cache = bytes.subarray(start);
  const count = Math.min(
    cache.readUInt32LE(magic.length),
    Math.floor((cache.length - headerSize) / entrySize),
  );
  for (let index = 0; index < count; index += 1) {
    const entry = headerSize + index * entrySize;
    if (cache.readInt32LE(entry) !== wantedFlags[arch]) continue;
    const soname = stringAt(cache, cache.readUInt32LE(entry + 4));
    const path = stringAt(cache, cache.readUInt32LE(entry + 8));
    const isVariant = cache.readBigUInt64LE(entry + 16) !== 0n;
    const known = paths.get(soname) ?? [];
    paths.set(soname, isVariant ? [...known, path] : [path, ...known]);
  }
  return paths;
}

let known: Map<string, string[]> | undefined;

/** The paths that this machine's cache has for a soname; none where there is no cache. */
export function cachedPaths(soname: string): string[] {
  known ??= readCache();
  return known.get(soname) ?? [];
}

function readCache(): Map<string, string[]> {
  try {
    return parseCache(readFileSync('/etc/ld.so.cache'), process.arch);
  } catch {
    return new Map(); // the dynamic linker then looks in its own directories only
  }
}
