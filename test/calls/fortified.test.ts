import { describe, expect } from 'vitest';
import { runCommonJs } from '../support/child';
import { fixturePath } from '../support/fixtures';
import { behaviour } from './behaviour';

const O_CREAT = 0o100;

/** How a process ends in which a green thread makes the call. */
async function endOf(call: string): Promise<{ signal: string | null; stderr: string }> {
  const path = JSON.stringify(fixturePath('calls'));
  return runCommonJs(
    `
    const { patchLib, spawn } = require('greenify');
    patchLib(${path}, { socket: true, file: true });
    const calls = require(${path});
    const stream = calls.fopen('/proc/self/maps', 'r').result;
    spawn(() => calls.${call});`,
    { input: 'longer than eight' },
  );
}

const checked: [name: string, call: string][] = [
  ['__read_chk', '__read_chk(0, Buffer.alloc(8), 9, 8)'],
  ['__recv_chk', '__recv_chk(0, Buffer.alloc(8), 9, 8, 0)'],
  ['__recvfrom_chk', '__recvfrom_chk(0, Buffer.alloc(8), 9, 8, 0, null, null)'],
  ['__pread_chk', '__pread_chk(0, Buffer.alloc(8), 9, 0, 8)'],
  ['__pread64_chk', '__pread64_chk(0, Buffer.alloc(8), 9, 0, 8)'],
  ['__poll_chk', '__poll_chk(Buffer.alloc(8), 2, 0, 8)'],
  ['__ppoll_chk', '__ppoll_chk(Buffer.alloc(8), 2, null, null, 8)'],
  ['__readlink_chk', "__readlink_chk('/proc/self/exe', Buffer.alloc(8), 9, 8)"],
  ['__readlinkat_chk', "__readlinkat_chk(-100, '/proc/self/exe', Buffer.alloc(8), 9, 8)"],
  ['__realpath_chk', "__realpath_chk('/proc/self/exe', Buffer.alloc(8), 8)"],
  ['__getlogin_r_chk', '__getlogin_r_chk(Buffer.alloc(8), 9, 8)'],
  ['__fread_chk', '__fread_chk(Buffer.alloc(8), 8, 3, 3, stream)'],
  ['__fread_unlocked_chk', '__fread_unlocked_chk(Buffer.alloc(8), 8, 3, 3, stream)'],
  ['__fgets_chk', '__fgets_chk(Buffer.alloc(8), 8, 9, stream)'],
  ['__fgets_unlocked_chk', '__fgets_unlocked_chk(Buffer.alloc(8), 8, 9, stream)'],
  ['__gets_chk', '__gets_chk(Buffer.alloc(8), 8)'],
];
const opened: [name: string, call: string][] = [
  ['__open_2', `__open_2('/nowhere', ${O_CREAT})`],
  ['__open64_2', `__open64_2('/nowhere', ${O_CREAT})`],
  ['__openat_2', `__openat_2(-100, '/nowhere', ${O_CREAT})`],
  ['__openat64_2', `__openat64_2(-100, '/nowhere', ${O_CREAT})`],
];

describe('the fortified forms end the process, as ever', () => {
  behaviour(
    [
      ...['__read_chk', '__recv_chk', '__recvfrom_chk', '__pread_chk', '__pread64_chk'],
      ...['__poll_chk', '__ppoll_chk', '__readlink_chk', '__readlinkat_chk', '__realpath_chk'],
      ...['__getlogin_r_chk', '__fread_chk', '__fread_unlocked_chk', '__fgets_chk'],
      ...['__fgets_unlocked_chk', '__gets_chk'],
    ],
    'buffer too small',
  )('when the buffer is too small for what is asked', async () => {
    const ends = await Promise.all(checked.map(([, call]) => endOf(call)));
    for (const [i, end] of ends.entries()) {
      expect(end, checked[i]![0]).toMatchObject({ signal: 'SIGABRT' });
      expect(end.stderr).toContain('buffer overflow detected');
    }
  });

  behaviour(['__open_2', '__open64_2', '__openat_2', '__openat64_2'], 'O_CREAT without a mode')(
    'when a file is to be made and no mode given',
    async () => {
      const ends = await Promise.all(opened.map(([, call]) => endOf(call)));
      expect(ends.map(({ signal }) => signal)).toEqual(opened.map(() => 'SIGABRT'));
    },
  );
});
