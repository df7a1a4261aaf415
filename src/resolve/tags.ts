/** The parts of an addon's path that say what it was built for. */
export interface Tags {
  platforms: string[];
  architectures: string[];
  libcs: string[];
  /** NODE_MODULE_VERSION: `abi127` (prebuildify), `node-v127` (node-pre-gyp, bindings). */
  abis: string[];
  /** Node-API: `napi` (prebuildify) counts as version 1; `napi-v6` (node-pre-gyp). */
  napi?: number;
  /** libuv's major version, of prebuildify. */
  uv?: string;
  /** Another runtime than Node, or `node` where prebuildify names it. */
  runtime?: string;
  /** How many tags there are: the more, the more specific. */
  count: number;
  /** The path without its tags: what is left is the same for all variants of one addon. */
  stem: string;
}

/** What this process can load. */
export interface Machine {
  platform: string;
  arch: string;
  libc: string;
  abi: string;
  napi: number;
  uv: string;
}

/**
 * greenify's own addon needs glibc (its installation is refused elsewhere), so whoever runs this code runs on
 * glibc.
 */
export const machine: Machine = {
  platform: process.platform,
  arch: process.arch,
  libc: 'glibc',
  abi: process.versions.modules,
  napi: Number(process.versions['napi']),
  uv: process.versions.uv.split('.')[0] ?? '',
};

/** `linux-x64, glibc, Node ABI 127`. */
export function describeMachine(): string {
  return `${machine.platform}-${machine.arch}, ${machine.libc}, Node ABI ${machine.abi}`;
}

type Dimension = 'platforms' | 'architectures' | 'libcs';

// npm's names of platforms and processors (process.platform, process.arch), and what others call them.
const words = new Map<string, [Dimension, string][]>();

function define(dimension: Dimension, value: string, ...synonyms: string[]): void {
  for (const word of [value, ...synonyms]) {
    words.set(word, [...(words.get(word) ?? []), [dimension, value]]);
  }
}

define('platforms', 'linux', 'musl');
define('platforms', 'darwin', 'macos', 'osx');
define('platforms', 'win32', 'windows', 'msvc');
for (const name of ['aix', 'android', 'freebsd', 'netbsd', 'openbsd', 'sunos']) {
  define('platforms', name);
}
define('architectures', 'x64', 'x86_64', 'amd64');
define('architectures', 'ia32', 'i686', 'x86');
define('architectures', 'arm64', 'aarch64', 'armv8');
define('architectures', 'arm', 'armhf', 'armv6', 'armv7', 'armv7l', 'gnueabihf', 'musleabihf');
define('architectures', 'riscv64', 'riscv64d', 'riscv64gc');
for (const name of ['loong64', 'mips64el', 'ppc64', 'ppc64le', 's390x', 'wasm32']) {
  define('architectures', name);
}
define('libcs', 'glibc', 'gnu', 'gnueabihf');
define('libcs', 'musl', 'musleabihf');

const otherRuntimes = /^(electron|nw|webkit)$/;
const separators = /[/.\-_+@]+/;

function takeWord(tags: Tags, word: string): boolean {
  const meanings = words.get(word);
  for (const [dimension, value] of meanings ?? []) tags[dimension].push(value);
  return meanings !== undefined;
}

function takeVersion(tags: Tags, word: string): boolean {
  const [, kind, version] = /^(abi|uv|nodev|napiv?)(\d*)$/.exec(word) ?? [];
  if (kind === undefined || version === undefined) return false;
  if (kind.startsWith('napi')) tags.napi = Number(version || 1);
  else if (version === '') return false;
  else if (kind === 'uv') tags.uv = version;
  else tags.abis.push(version);
  return true;
}

function takeRuntime(tags: Tags, word: string): boolean {
  if (!otherRuntimes.test(word)) return false;
  tags.runtime = word;
  return true;
}

/**
 * Reads the tags of a path relative to its package (with `/`). Known are the conventions of prebuildify and
 * node-gyp-build, node-pre-gyp, bindings, napi-rs, Neon and koffi.
 */
export function tagsOf(path: string): Tags {
  const tags: Tags = { platforms: [], architectures: [], libcs: [], abis: [], count: 0, stem: '' };
  const base = path.slice(path.lastIndexOf('/') + 1);
  if (base.split('.')[0] === 'node') tags.runtime = 'node';
  // Words that themselves hold a separator, or that a separator divides from their version.
  const joined = path
    .replace(/\.node$/, '')
    .replace(/x86_64/g, 'x64')
    .replace(/\b(node|napi)-v(\d)/g, '$1v$2');
  const rest: string[] = [];
  for (const word of joined.split(separators)) {
    const taken = takeWord(tags, word) || takeVersion(tags, word) || takeRuntime(tags, word);
    if (taken) tags.count += 1;
    else rest.push(word);
  }
  tags.stem = rest.join('/');
  return tags;
}

/** Why what has these tags is not for this machine; undefined where it is. */
export function mismatch(tags: Tags, self: Machine = machine): string | undefined {
  const other = (values: string[], own: string): string | undefined =>
    values.find((value) => value !== own);
  const platform = other(tags.platforms, self.platform);
  if (platform !== undefined) return `is for ${platform}`;
  // prebuildify's `darwin-x64+arm64` holds both.
  if (tags.architectures.length > 0 && !tags.architectures.includes(self.arch)) {
    return `is for ${tags.architectures.join('+')}, this process is ${self.arch}`;
  }
  const libc = other(tags.libcs, self.libc);
  if (libc !== undefined) return `is for ${libc}, this process has ${self.libc}`;
  if (tags.runtime !== undefined && tags.runtime !== 'node') return `is for ${tags.runtime}`;
  if (tags.uv !== undefined && tags.uv !== self.uv) return `is for libuv ${tags.uv}`;
  if (tags.napi !== undefined) {
    return tags.napi > self.napi ? `needs Node-API ${tags.napi}, not ${self.napi}` : undefined;
  }
  const abi = other(tags.abis, self.abi);
  return abi === undefined ? undefined : `is for Node ABI ${abi}, this is ${self.abi}`;
}

/** Sorts the variants of one addon: the one that loaders take comes first (node-gyp-build's order). */
export function byPreference(a: Tags, b: Tags): number {
  const rank = (tags: Tags): number[] => [
    Number(tags.runtime === 'node'),
    tags.abis.length,
    tags.napi ?? 0,
    tags.count,
  ];
  const [left, right] = [rank(a), rank(b)];
  const decisive = left.findIndex((value, index) => value !== right[index]);
  return (right[decisive] ?? 0) - (left[decisive] ?? 0);
}
