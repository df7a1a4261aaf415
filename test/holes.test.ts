/** What the systems before this one got wrong, hole by hole: each has a test, here or where named. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { execFile, execFileSync } from 'node:child_process';
import { pbkdf2 } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { patchLib, spawn } from 'greenify';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommonJs } from './support/child';
import { fixturePath, requireFixture } from './support/fixtures';

const here = dirname(fileURLToPath(import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'greenify-holes-'));
afterAll(() => rmSync(directory, { recursive: true }));

patchLib(fixturePath('calls'), { socket: true, sleep: true, file: true });
const calls = requireFixture('calls');
const descriptors = requireFixture('descriptors');

/** The first lines of a program that patches the addon `calls` and has `descriptors`. */
const prelude = `
  const { patchLib, spawn } = require('greenify');
  const path = ${JSON.stringify(fixturePath('calls'))};
  patchLib(path, { socket: true, sleep: true, file: true });
  const calls = require(path);
  const descriptors = require(${JSON.stringify(fixturePath('descriptors'))});
  const fs = require('fs');
`;

describe('a hole of the systems before is tested elsewhere', () => {
  const elsewhere: [hole: string, file: string, test: string][] = [
    ['select that ignores tv_sec', 'calls/select.test.ts', 'wait for whole seconds'],
    ['poll(-1) that returns at once', 'calls/poll.test.ts', 'without end, until a descriptor'],
    ['receive timeouts ignored', 'calls/receive.test.ts', 'until SO_RCVTIMEO has passed'],
    ['pipes that still block', 'calls/descriptor.test.ts', 'on a %s, for data and its end'],
    ['ttys that still block', 'calls/devices.test.ts', 'waits for lines on both sides'],
    ['-fno-plt libraries corrupted', 'elf/patch-lib.test.ts', "'no_plt'"],
    ['only the first slot patched', 'elf/patch-lib.test.ts', 'every entry of a function-pointer'],
    ['fortified functions missed', 'elf/patch-lib.test.ts', "'fortified'"],
    ['RELRO left open', 'elf/patch-lib.test.ts', 'expect(after.mappings).toEqual(before.mappings)'],
    ['no undo', 'elf/patch-lib.test.ts', 'expect(after.bytes.equals(before.bytes))'],
    ['libraries opened later missed', 'calls/loading.test.ts', 'opens libraries that are green'],
    ['close of a waited descriptor hangs', 'calls/close.test.ts', 'wake the waiters with EBADF'],
    ['no green file locks anywhere', 'calls/file.test.ts', "('flock'"],
  ];

  it.each(elsewhere)('%s', (_hole, file, test) => {
    expect(readFileSync(join(here, file), 'utf8')).toContain(test);
  });
});

describe('three extra fcntl calls per read', () => {
  /** The system calls that a green thread makes, one after another, while it runs the code. */
  async function systemCalls(setUp: string, code: string): Promise<string[]> {
    const trace = join(directory, 'trace');
    const program = `${prelude} ${setUp}
      spawn(() => {
        fs.existsSync('/begin-of-trace');
        ${code}
        fs.existsSync('/end-of-trace');
      });`;
    await promisify(execFile)('strace', ['-o', trace, process.execPath, '-e', program], {
      cwd: join(here, '..'),
    });
    const lines = readFileSync(trace, 'utf8').split('\n');
    const [begin, end] = ['/begin-of-trace', '/end-of-trace'].map((mark) =>
      lines.findIndex((line) => line.includes(mark)),
    );
    const names = lines.slice(begin! + 1, end).map((line) => /^\w+/.exec(line)?.[0] ?? '');
    return names.filter((name) => !/^(madvise|mprotect|mmap|munmap|futex|brk)$/.test(name));
  }

  it('what is there is read by one call', async () => {
    const made = await systemCalls(
      `const [from, to] = descriptors.socketpair(); calls.write(to, Buffer.alloc(30));`,
      `calls.read(from, 10); calls.recv(from, 10, 0); calls.readv(from, [10]);`,
    );
    expect(made).toEqual(['preadv2', 'recvfrom', 'preadv2']);
  });
});

describe('DNS blocks', () => {
  // hostname(7): a name without dots is looked up in the file HOSTALIASES names; a FIFO makes the
  // resolver wait inside libc until somebody writes.
  it('a look-up that waits inside libc lets the loop turn', async () => {
    const aliases = join(directory, 'aliases');
    execFileSync('mkfifo', [aliases]);
    const code = `${prelude}
      let over = false;
      let ticks = 0;
      const ticker = setInterval(() => (ticks += 1), 1);
      spawn(() => calls.getaddrinfo('alias', null, null, Buffer.alloc(8))).then(() => (over = true));
      setTimeout(() => {
        clearInterval(ticker);
        console.log(over, ticks > 5);
        process.exit();
      }, 100);`;
    const env = { HOSTALIASES: aliases, RES_OPTIONS: 'timeout:1 attempts:1' };
    expect(await runCommonJs(code, { env })).toMatchObject({ stdout: 'false true\n', code: 0 });
  });
});

describe('a worker pool of 4 exhausted', () => {
  it('forty waits for a lock on a file leave the pool of libuv free', async () => {
    const [LOCK_EX, LOCK_UN] = [2, 8];
    const path = join(directory, 'locked');
    const held = openSync(path, 'w');
    expect(calls.flock(held, LOCK_EX).result).toBe(0);
    let got = 0;
    const waiters = Array.from({ length: 40 }, () =>
      spawn(() => {
        const fd = calls.open(path, 0).result;
        const { result } = calls.flock(fd, LOCK_EX);
        if (result === 0) got += 1;
        calls.close(fd);
      }),
    );
    await promisify(pbkdf2)('password', 'salt', 1, 16, 'sha256');
    expect(got).toBe(0);
    calls.flock(held, LOCK_UN);
    await Promise.all(waiters);
    expect(got).toBe(40);
  });
});

describe('AsyncLocalStorage lost', () => {
  it('each green thread has its store again after a wait in C', async () => {
    const storage = new AsyncLocalStorage<number>();
    const threads = [1, 2, 3, 4].map((id) =>
      storage.run(id, () =>
        spawn(() => {
          calls.usleep(2000 * (5 - id));
          const [from] = descriptors.pipe();
          calls.poll([{ fd: from, events: 1 }], 5);
          return storage.getStore();
        }),
      ),
    );
    expect(await Promise.all(threads)).toEqual([1, 2, 3, 4]);
  });
});

describe('freeing a pooled coroutine by cancelling its thread crashes', () => {
  it('cancelled threads leave their stacks to others', async () => {
    const ended = await runCommonJs(
      `${prelude}
      const waits = [
        () => calls.usleep(1e8),
        () => calls.read(descriptors.pipe()[0], 10),
        () => calls.poll([{ fd: descriptors.pipe()[0], events: 1 }], -1),
      ];
      (async () => {
        for (let round = 0; round < 5; round++) {
          const threads = Array.from({ length: 60 }, (_, i) => spawn(waits[i % 3]));
          await new Promise((resolve) => setTimeout(resolve, 2));
          for (const thread of threads) thread.cancel();
          await Promise.allSettled(threads);
          globalThis.gc();
        }
        console.log(await spawn(() => calls.usleep(1000).result));
      })();`,
      { flags: ['--expose-gc'] },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: '0\n', stderr: '' });
  });
});
