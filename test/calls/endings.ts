/** Arguments with which calls that take words come to an end at once, by the function's name. */
import { writeFileSync } from 'node:fs';
import { pointers, signalSet, time } from './structures';
import * as ways from './ways';
import type { Outcome } from './ways';

export const room = (): Buffer => Buffer.alloc(4096);
export const nobody = 'no such name';
const noFd = 99_999;
const SIGUSR2 = 12;

// The records of who is logged in are the machine's: here are none.
const utmp = ways.newPath();
writeFileSync(utmp, '');
ways.originalCalls['utmpxname']!(utmp);

/** Look-ups, and what writes to the system log. */
export const lookups: Record<string, unknown[]> = {
  getaliasbyname: [nobody],
  getaliasbyname_r: [nobody, room(), room(), 4096, Buffer.alloc(8)],
  getaliasent: [],
  getaliasent_r: [room(), room(), 4096, Buffer.alloc(8)],
  setnetgrent: [nobody],
  getnetgrent: [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8)],
  getnetgrent_r: [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8), room(), 4096],
  innetgr: [nobody, nobody, nobody, nobody],
  initgroups: ['root', 0],
  sethostent: [0],
  setnetent: [0],
  setprotoent: [0],
  setservent: [0],
  setrpcent: [0],
  setpwent: [],
  setgrent: [],
  setspent: [],
  gethostid: [],
  getlogin: [],
  getlogin_r: [room(), 4096],
  getutxent: [],
  getutxid: [Buffer.alloc(400, 1)],
  getutxline: [Buffer.alloc(400, 1)],
  pututxline: [Buffer.alloc(400)],
  updwtmpx: ['/nowhere/at/all', Buffer.alloc(400)],
  res_query: ['a'.repeat(64), 1, 1, room(), 4096],
  res_search: ['a'.repeat(64), 1, 1, room(), 4096],
  res_querydomain: ['a'.repeat(64), 'b', 1, 1, room(), 4096],
  res_send: [room(), 12, room(), 1],
  res_nquery: [room(), 'a'.repeat(64), 1, 1, room(), 4096],
  res_nsearch: [room(), 'a'.repeat(64), 1, 1, room(), 4096],
  res_nquerydomain: [room(), 'a'.repeat(64), 'b', 1, 1, room(), 4096],
  res_nsend: [room(), room(), 12, room(), 1],
  syslog: [7, 'a test of greenify'],
  vsyslog: [7, 'a test of greenify', room()],
  openlog: ['greenify', 0, 8],
  closelog: [],
};

const named = ['/nowhere/at/all', 0];
const inDirectory = [noFd, 'nowhere', 0];

/** Calls on files, their names and devices. */
export const files: Record<string, unknown[]> = {
  ...Object.fromEntries(
    [
      ...['stat', 'lstat', 'statfs', 'statvfs', 'pathconf', 'access', 'eaccess', 'euidaccess'],
      ...['chmod', 'lchmod', 'chown', 'lchown', 'utime', 'utimes', 'lutimes', 'truncate'],
      ...['readlink', 'realpath', 'canonicalize_file_name', 'unlink'],
      ...['remove', 'rmdir', 'mkdir', 'mkfifo', 'mknod', 'mkdtemp', 'mkstemp', 'mkostemp'],
      ...['mkstemps', 'mkostemps', 'chdir', 'opendir', 'getxattr', 'lgetxattr', 'setxattr'],
      ...['lsetxattr', 'listxattr', 'llistxattr', 'removexattr', 'lremovexattr', 'mount'],
      ...['umount', 'umount2', 'swapon', 'swapoff'],
    ].map((name) => [name, named]),
  ),
  ...Object.fromEntries(
    [
      ...['fstat', 'fstatfs', 'fstatvfs', 'fpathconf', 'lseek', 'fchmod', 'fchown', 'futimes'],
      ...['futimens', 'fchdir', 'fdopendir', 'fgetxattr', 'fsetxattr', 'flistxattr'],
      ...['fremovexattr', 'ftruncate', 'fallocate', 'posix_fallocate', 'posix_fadvise'],
      ...['readahead', 'sync_file_range', 'copy_file_range', 'syncfs', 'tee', 'vmsplice'],
      ...['eventfd_read', 'eventfd_write', 'ioctl', 'tcdrain', 'tcsendbreak', 'tcflow', 'tcflush'],
    ].map((name) => [name, [noFd]]),
  ),
  ...Object.fromEntries(
    [
      ...['fstatat', 'faccessat', 'fchmodat', 'fchownat', 'futimesat', 'utimensat'],
      ...['readlinkat', 'unlinkat', 'mkdirat', 'mkfifoat', 'mknodat'],
    ].map((name) => [name, inDirectory]),
  ),
  ...Object.fromEntries(
    ['link', 'symlink', 'rename'].map((name) => [name, ['/nowhere/at/all', '/nowhere/else']]),
  ),
  ...Object.fromEntries(
    ['linkat', 'renameat', 'renameat2'].map((name) => [name, [noFd, 'nowhere', noFd, 'else']]),
  ),
  symlinkat: ['anything', noFd, 'nowhere'],
  statx: [noFd, 'nowhere', 0, 0, room()],
  tcsetattr: [noFd, 0, room()],
  msync: [0, 0, 0],
  closedir: [0],
};

/** Calls that wait for children, signals and requests. */
export const requests: Record<string, unknown[]> = {
  system: ['exit 3'],
  wordexp: ['text', room(), 0],
  sigwait: [null, room()],
  sigwaitinfo: [null, null],
  sigtimedwait: [signalSet(SIGUSR2), null, time(0)],
  sigsuspend: [null],
  __xpg_sigpause: [99],
  __sigpause: [99, 1],
  aio_suspend: [pointers(), 0, time(0)],
  lio_listio: [99, pointers(), 0, null],
  getaddrinfo_a: [99, pointers(), 0, null],
  gai_suspend: [pointers(), 0, time(0)],
};

const character = 'x'.charCodeAt(0);
const onStreams: [names: string[], list: (stream: number) => unknown[]][] = [
  [
    [
      ...['fgetc', 'getc', 'fgetc_unlocked', 'getc_unlocked', '__uflow', 'getw', 'feof', 'ferror'],
      ...['clearerr', 'ftell', 'ftello', 'rewind', 'fflush', 'fflush_unlocked', 'setlinebuf'],
      'fclose',
    ],
    (stream) => [stream],
  ],
  [['fread', 'fread_unlocked', 'fwrite', 'fwrite_unlocked'], (stream) => [room(), 1, 4, stream]],
  [
    ['fputc', 'putc', 'fputc_unlocked', 'putc_unlocked', 'ungetc', 'putw'],
    (stream) => [character, stream],
  ],
  [['fgets', 'fgets_unlocked'], (stream) => [room(), 9, stream]],
  [['fputs', 'fputs_unlocked'], (stream) => ['text', stream]],
  [['fseek', 'fseeko', 'setbuf', 'setbuffer'], (stream) => [stream, 0, 0]],
  [['fgetpos', 'fsetpos'], (stream) => [stream, room()]],
  [['fprintf', 'vfprintf', 'fscanf', 'vfscanf'], (stream) => [stream, 'text', room()]],
  [['dprintf', 'vdprintf'], () => [noFd, 'text', room()]],
  [['getline'], (stream) => [Buffer.alloc(8), Buffer.alloc(8), stream]],
  [['getdelim'], (stream) => [Buffer.alloc(8), Buffer.alloc(8), character, stream]],
  [['setvbuf'], (stream) => [stream, 0, 2, 0]],
  [['__overflow'], (stream) => [stream, character]],
  [['freopen'], (stream) => ['/proc/self/status', 'r', stream]],
  [['fopen'], () => ['/nowhere/at/all', 'r']],
];

/** Calls on a buffered stream that has been opened for reading and writing. */
export const streams = Object.fromEntries(
  onStreams.flatMap(([names, list]) => names.map((name) => [name, list] as const)),
);

/** Those on the streams that the process has: test/calls/standard-streams.test.ts. */
export const standard = [
  ...['gets', 'getchar', 'getchar_unlocked', 'scanf', 'vscanf', 'puts', 'putchar'],
  ...['putchar_unlocked', 'printf', 'vprintf'],
];

/** Those that cannot come to an end by themselves, or take as long as the disks of the machine. */
export const withoutEnd = ['pause', 'sigpause', 'sync'];

// An executable lies at 4 MB or above, and the heap behind it: node's text alone is tens of megabytes.
const LEAST_HEAP_ADDRESS = 0x100_0000;

/** An address says only whether there is an answer: each call has its own. */
export function withoutAddress(outcome: Outcome): Outcome {
  return outcome.result >= LEAST_HEAP_ADDRESS ? { ...outcome, result: 1 } : outcome;
}

const givesNothing =
  /^(set(?!netgr|xattr)|rewind|clearerr|syslog|vsyslog|openlog|closelog|updwtmpx)/;

/** What can be told of an outcome: a function that gives nothing leaves something, addresses differ. */
export function toldOf(name: string, { result, errno }: Outcome): Outcome {
  return givesNothing.test(name) ? { result: 0, errno: 0 } : withoutAddress({ result, errno });
}
