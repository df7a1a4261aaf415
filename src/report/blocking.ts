/** A function of libc that waits where nothing but the kernel can tell until when. */
interface Inside {
  names: string[];
  why: string;
  /** Whether whoever imports it can be expected to wait in it for long. */
  waits: boolean;
}

const inside: Inside[] = [
  {
    names: ['rcmd', 'rcmd_af', 'rexec', 'rexec_af', 'ruserok', 'iruserok'],
    why: 'talks to another machine inside libc',
    waits: true,
  },
  { names: ['getpass'], why: 'asks at the terminal, inside libc', waits: true },
  {
    names: ['ftw', 'ftw64', 'nftw', 'nftw64', 'fts_read', 'fts64_read', 'glob', 'glob64'],
    why: 'reads directories inside libc: brief, unless a file system is on another machine',
    waits: false,
  },
  // Rust's standard library imports it for the end of the process only.
  {
    names: ['pause'],
    why: 'waits for any signal, as a rule at the end of the process',
    waits: false,
  },
  {
    names: ['syscall'],
    why: 'makes a raw system call, which one is not to be told from the file',
    waits: false,
  },
  // Streams of wide characters: where their buffer ends is libc's secret.
  {
    names: [
      ...['fgetwc', 'fgetws', 'fputwc', 'fputws', 'fwprintf', 'fwscanf', 'getwc', 'getwchar'],
      ...['putwc', 'putwchar', 'vfwprintf', 'vfwscanf', 'vwprintf', 'vwscanf', 'wprintf', 'wscanf'],
      ...['fgetwc_unlocked', 'fgetws_unlocked', 'fputwc_unlocked', 'fputws_unlocked'],
      ...['getwc_unlocked', 'getwchar_unlocked', 'putwc_unlocked', 'putwchar_unlocked'],
      ...['__fgetws_chk', '__fgetws_unlocked_chk', '__fwprintf_chk', '__vfwprintf_chk'],
      ...['__vwprintf_chk', '__wprintf_chk', '__isoc99_fwscanf', '__isoc99_vfwscanf'],
      ...['__isoc99_vwscanf', '__isoc99_wscanf'],
    ],
    why: 'wide characters, buffered inside libc: brief on files, blocks on pipes and terminals',
    waits: false,
  },
  {
    names: [
      ...[
        'perror',
        'psignal',
        'psiginfo',
        'error',
        'error_at_line',
        'err',
        'errx',
        'verr',
        'verrx',
      ],
      ...['warn', 'warnx', 'vwarn', 'vwarnx', 'herror', 'fcloseall'],
    ],
    why: 'writes a message to standard error, or all that is buffered, inside libc',
    waits: false,
  },
];

/** What is known of a function that is not in the table of redirected ones, or is there as one that really waits. */
export function insideLibc(name: string): { why: string; waits: boolean } | undefined {
  return inside.find(({ names }) => names.includes(name));
}

/** Numbers of system calls that wait, of asm/unistd_64.h (x64) and asm-generic/unistd.h (arm64). */
const waitingCalls: Partial<Record<NodeJS.Architecture, Record<number, string>>> = {
  x64: {
    ...{ 0: 'read', 1: 'write', 7: 'poll', 19: 'readv', 20: 'writev', 23: 'select', 34: 'pause' },
    ...{ 35: 'nanosleep', 42: 'connect', 43: 'accept', 44: 'sendto', 45: 'recvfrom' },
    ...{ 46: 'sendmsg', 47: 'recvmsg', 61: 'wait4', 65: 'semop', 70: 'msgrcv', 73: 'flock' },
    ...{ 74: 'fsync', 75: 'fdatasync', 128: 'rt_sigtimedwait', 202: 'futex', 220: 'semtimedop' },
    ...{ 230: 'clock_nanosleep', 232: 'epoll_wait', 247: 'waitid', 270: 'pselect6' },
    ...{ 271: 'ppoll', 281: 'epoll_pwait', 288: 'accept4', 299: 'recvmmsg', 441: 'epoll_pwait2' },
  },
  arm64: {
    ...{ 22: 'epoll_pwait', 32: 'flock', 63: 'read', 64: 'write', 65: 'readv', 66: 'writev' },
    ...{ 72: 'pselect6', 73: 'ppoll', 82: 'fsync', 83: 'fdatasync', 95: 'waitid', 98: 'futex' },
    ...{ 101: 'nanosleep', 115: 'clock_nanosleep', 137: 'rt_sigtimedwait', 188: 'msgrcv' },
    ...{ 192: 'semtimedop', 193: 'semop', 202: 'accept', 203: 'connect', 206: 'sendto' },
    ...{ 207: 'recvfrom', 211: 'sendmsg', 212: 'recvmsg', 242: 'accept4', 243: 'recvmmsg' },
    ...{ 260: 'wait4', 441: 'epoll_pwait2' },
  },
};

/** The names of those system calls that wait. */
export function waitingSystemCalls(numbers: number[], arch = process.arch): string[] {
  const names = waitingCalls[arch] ?? {};
  return numbers.flatMap((number) => names[number] ?? []);
}
