import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mountSlowly } from '../support/slow-server.mjs';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { green, plain, type Call, type Desk, type Outcome } from './ways';

const named = [
  ...['stat', 'lstat', 'fstat', 'fstatat', 'statx', 'statfs', 'fstatfs', 'statvfs', 'fstatvfs'],
  ...['pathconf', 'fpathconf', 'access', 'faccessat', 'eaccess', 'euidaccess', 'lseek', 'chmod'],
  ...['fchmod', 'fchmodat', 'lchmod', 'chown', 'lchown', 'fchown', 'fchownat', 'utime', 'utimes'],
  ...['lutimes', 'futimes', 'futimesat', 'futimens', 'utimensat', 'link', 'linkat', 'symlink'],
  ...['symlinkat', 'readlink', 'readlinkat', 'realpath', 'canonicalize_file_name', 'rename'],
  ...['renameat', 'renameat2', 'unlink', 'unlinkat', 'remove', 'rmdir', 'mkdir', 'mkdirat'],
  ...['mkfifo', 'mkfifoat', 'mknod', 'mknodat', 'mkdtemp', 'mkstemp', 'mkostemp', 'mkstemps'],
  ...['mkostemps', 'chdir', 'fchdir', 'opendir', 'fdopendir', 'readdir', 'readdir_r', 'closedir'],
  ...['getxattr', 'lgetxattr', 'fgetxattr', 'setxattr', 'lsetxattr', 'fsetxattr', 'listxattr'],
  ...['llistxattr', 'flistxattr', 'removexattr', 'lremovexattr', 'fremovexattr'],
] as const;

/** A directory in which there is `file`. */
class Place {
  #names = 0;

  constructor(
    readonly directory: string,
    readonly desk: Desk,
  ) {}

  get file(): string {
    return join(this.directory, 'file');
  }
  /** A name that is not there yet. */
  fresh = (): string => `${process.hrtime.bigint()}-${(this.#names += 1)}`;
  freshPath = (): string => join(this.directory, this.fresh());
  open = (path = this.file): number => this.desk.keep(openSync(path, 'r'));
  openDirectory = (): number => this.open(this.directory);
  /** For mkstemp(3) and its like, which write the name there. */
  template = (suffix = ''): Buffer =>
    Buffer.from(`${join(this.directory, `${this.fresh()}XXXXXX${suffix}`)}\0`);
  stream = (): number => ways.originalCalls['opendir']!(this.directory).result;
}

const room = (): Buffer => Buffer.alloc(4096);
const [AT_FDCWD, S_IFREG, SEEK_END] = [-100, 0o100000, 2];
const attribute = 'user.greenify';
const onPath = (...rest: unknown[]) => ((place) => [place.file, ...rest]) as Arguments;
const onOpen = (...rest: unknown[]) => ((place) => [place.open(), ...rest]) as Arguments;
const onNew = (...rest: unknown[]) => ((place) => [place.freshPath(), ...rest]) as Arguments;
const inDirectory = (...rest: unknown[]) =>
  ((place) => [place.openDirectory(), 'file', ...rest]) as Arguments;
const newInDirectory = (...rest: unknown[]) =>
  ((place) => [place.openDirectory(), place.fresh(), ...rest]) as Arguments;

type Arguments = (place: Place) => unknown[];

const argumentsOf: Record<string, Arguments> = {
  stat: (place) => [place.file, room()],
  lstat: (place) => [place.file, room()],
  fstat: (place) => [place.open(), room()],
  fstatat: (place) => [place.openDirectory(), 'file', room(), 0],
  statx: (place) => [AT_FDCWD, place.file, 0, 0x7ff, room()],
  statfs: (place) => [place.file, room()],
  fstatfs: (place) => [place.open(), room()],
  statvfs: (place) => [place.file, room()],
  fstatvfs: (place) => [place.open(), room()],
  pathconf: onPath(3),
  fpathconf: onOpen(3),
  access: onPath(0),
  faccessat: inDirectory(0, 0),
  eaccess: onPath(0),
  euidaccess: onPath(0),
  lseek: onOpen(0, SEEK_END),
  chmod: onPath(0o644),
  fchmod: onOpen(0o644),
  fchmodat: inDirectory(0o644, 0),
  lchmod: onPath(0o644),
  chown: onPath(-1, -1),
  lchown: onPath(-1, -1),
  fchown: onOpen(-1, -1),
  fchownat: inDirectory(-1, -1, 0),
  utime: onPath(null),
  utimes: onPath(null),
  lutimes: onPath(null),
  futimes: onOpen(null),
  futimesat: inDirectory(null),
  futimens: onOpen(null),
  utimensat: inDirectory(null, 0),
  link: (place) => [place.file, place.freshPath()],
  linkat: (place) => [place.openDirectory(), 'file', place.openDirectory(), place.fresh(), 0],
  symlink: (place) => ['anything', place.freshPath()],
  symlinkat: (place) => ['anything', place.openDirectory(), place.fresh()],
  readlink: (place) => [place.file, room(), 100],
  readlinkat: (place) => [place.openDirectory(), 'file', room(), 100],
  realpath: (place) => [place.file, room()],
  canonicalize_file_name: onPath(),
  rename: (place) => [place.freshPath(), place.freshPath()],
  renameat: (place) => [place.openDirectory(), 'x', place.openDirectory(), place.fresh()],
  renameat2: (place) => [place.openDirectory(), 'x', place.openDirectory(), place.fresh(), 0],
  unlink: onNew(),
  unlinkat: newInDirectory(0),
  remove: onNew(),
  rmdir: onNew(),
  mkdir: onNew(0o755),
  mkdirat: newInDirectory(0o755),
  mkfifo: onNew(0o600),
  mkfifoat: newInDirectory(0o600),
  mknod: onNew(S_IFREG | 0o600, 0),
  mknodat: newInDirectory(S_IFREG | 0o600, 0),
  mkdtemp: (place) => [place.template()],
  mkstemp: (place) => [place.template()],
  mkostemp: (place) => [place.template(), 0],
  mkstemps: (place) => [place.template('.txt'), 4],
  mkostemps: (place) => [place.template('.txt'), 4, 0],
  chdir: onPath(),
  fchdir: onOpen(),
  opendir: onPath(),
  fdopendir: onOpen(),
  readdir: (place) => [place.stream()],
  readdir_r: (place) => [place.stream(), room(), Buffer.alloc(8)],
  closedir: (place) => [place.stream()],
  getxattr: onPath(attribute, room(), 100),
  lgetxattr: onPath(attribute, room(), 100),
  fgetxattr: onOpen(attribute, room(), 100),
  setxattr: onPath(attribute, 'value', 5, 0),
  lsetxattr: onPath(attribute, 'value', 5, 0),
  fsetxattr: onOpen(attribute, 'value', 5, 0),
  listxattr: onPath(room(), 0),
  llistxattr: onPath(room(), 0),
  flistxattr: onOpen(room(), 0),
  removexattr: onPath('user.nothing'),
  lremovexattr: onPath('user.nothing'),
  fremovexattr: onOpen('user.nothing'),
};

/** A pointer, or a new descriptor, says only that there is an answer. */
const gives = new Set<string>([
  ...['realpath', 'canonicalize_file_name', 'mkdtemp', 'mkstemp', 'mkostemp', 'mkstemps'],
  ...['mkostemps', 'opendir', 'fdopendir', 'readdir'],
]);

async function outcomeIn(directory: string, call: Call, name: string): Promise<Outcome> {
  return ways.onDesk(async (desk) => {
    const outcome = await call(name, ...argumentsOf[name]!(new Place(directory, desk)));
    const isDescriptor = name.startsWith('mk') && name.includes('stemp') && outcome.result >= 0;
    if (isDescriptor) desk.keep(outcome.result);
    return gives.has(name) ? { ...outcome, result: Math.min(outcome.result, 1) } : outcome;
  });
}

async function comesToTheSame(directory: string, name: string): Promise<void> {
  const outcome = await outcomeIn(directory, plain, name);
  expect(await outcomeIn(directory, green, name), name).toEqual(outcome);
}

const elsewhere = mkdtempSync(join(tmpdir(), 'greenify-paths-'));
writeFileSync(join(elsewhere, 'file'), 'not slow\n');
mkdirSync(join(elsewhere, 'directory'));
afterAll(() => rmSync(elsewhere, { recursive: true }));

describe('on a file system of this machine, names and attributes', () => {
  behaviour(named, 'other mounts').each(named)('%s: are asked for at once', async (name) => {
    const moved = await ways.offloads(() => comesToTheSame(elsewhere, name));
    expect(moved).toBe(0);
  });
});

describe('on one whose server may take its time', () => {
  let slow: Awaited<ReturnType<typeof mountSlowly>>;
  beforeAll(async () => (slow = await mountSlowly(0)));
  afterAll(() => slow?.unmount());

  behaviour(named, 'slow mount').for(named)(
    '%s: are asked for on another kernel thread',
    async (name, { skip }) => {
      if (slow === undefined) return skip('file systems cannot be mounted here');
      const moved = await ways.offloads(() => comesToTheSame(slow!.directory, name));
      expect(moved).toBe(1);
    },
  );

  it('files are opened and closed there, too', async ({ skip }) => {
    if (slow === undefined) return skip('file systems cannot be mounted here');
    const path = join(slow.directory, 'file');
    let fd = -1;
    const opening = async () => (fd = (await green('open', path, 0)).result);
    expect(await ways.offloads(opening)).toBe(1);
    expect(fd).toBeGreaterThan(0);
    expect(await ways.offloads(() => green('close', fd))).toBe(1);
  });
});
