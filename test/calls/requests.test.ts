import { openSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { behaviour } from './behaviour';
import { pointers, time } from './structures';
import * as ways from './ways';
import {
  bytes,
  calls,
  errno,
  green,
  plain,
  stillWaits,
  waitsFor,
  type Call,
  type Desk,
} from './ways';

const failed = (error: number) => ({ result: -1, errno: error });
const write = ways.originalCalls['write']!;

/** With the plain calls, and with those of a green thread: both must come to the same. */
async function bothWays<T>(play: (call: Call, desk: Desk) => Promise<T>): Promise<T> {
  const [plainly, greenly] = await Promise.all(
    [plain, green].map((call) => ways.onDesk((desk) => play(call, desk))),
  );
  expect(greenly, 'in a green thread').toEqual(plainly);
  return greenly as T;
}

describe('asynchronous input and output', () => {
  const [LIO_READ, LIO_WAIT, LIO_NOWAIT] = [0, 0, 1];

  /** struct aiocb: a read of ten bytes from the beginning. */
  function reading(fd: number): Buffer {
    const control = Buffer.alloc(168);
    const buffer = Buffer.alloc(10);
    control.writeInt32LE(fd, 0);
    control.writeInt32LE(LIO_READ, 4);
    pointers(buffer).copy(control, 16);
    control.writeBigUInt64LE(10n, 24);
    control.writeInt32LE(1, 32 + 12); // SIGEV_NONE
    return Object.assign(control, { kept: buffer });
  }

  behaviour('aio_suspend', ['done', 'timeout'])('aio_suspend waits until one is done', async () => {
    const outcomes = await bothWays(async (call, desk) => {
      const [from, to] = desk.pipe();
      const control = reading(from);
      const list = pointers(control);
      calls['aio_read']!(control);
      const late = await waitsFor(50, () => call('aio_suspend', list, 1, time(0, 5e7)));
      const pending = call('aio_suspend', list, 1, null);
      await stillWaits(pending);
      write(to, bytes('read'));
      const done = await pending;
      return [late, done, calls['aio_return']!(control).result];
    });
    expect(outcomes).toEqual([failed(errno.EAGAIN), { result: 0, errno: 0 }, 4]);
  });

  behaviour('lio_listio', ['LIO_WAIT', 'LIO_NOWAIT'])(
    'lio_listio waits until all are done, or not at all',
    async () => {
      const outcomes = await bothWays(async (call, desk) => {
        const path = ways.newPath();
        writeFileSync(path, 'contents');
        const [from, to] = desk.pipe();
        const both = [reading(from), reading(desk.keep(openSync(path, 'r')))];
        const list = pointers(...both);
        const pending = call('lio_listio', LIO_WAIT, list, 2, null);
        await stillWaits(pending);
        write(to, bytes('read'));
        const waited = await pending;
        const sizes = both.map((control) => calls['aio_return']!(control).result);
        const another = reading(from);
        const begun = await call('lio_listio', LIO_NOWAIT, pointers(another), 1, null);
        const state = calls['aio_error']!(another).result;
        write(to, bytes('x'));
        await call('aio_suspend', pointers(another), 1, null);
        return [waited, ...sizes, begun, state, calls['aio_return']!(another).result];
      });
      const done = { result: 0, errno: 0 };
      expect(outcomes).toEqual([done, 4, 8, done, errno.EINPROGRESS, 1]);
    },
  );
});

describe('asynchronous look-ups', () => {
  const [GAI_WAIT, GAI_NOWAIT] = [0, 1];
  const EAI_ALLDONE = -103;

  /** struct gaicb: the address of this machine. */
  function question(name = '127.0.0.1'): Buffer {
    const request = Buffer.alloc(64);
    const text = Buffer.from(`${name}\0`);
    pointers(text).copy(request, 0);
    return Object.assign(request, { kept: text });
  }

  behaviour('getaddrinfo_a', ['GAI_WAIT', 'GAI_NOWAIT'])(
    'getaddrinfo_a answers at once or later',
    async () => {
      const outcomes = await bothWays(async (call) => {
        const [one, other] = [question(), question()];
        const waited = await call('getaddrinfo_a', GAI_WAIT, pointers(one), 1, null);
        const begun = await call('getaddrinfo_a', GAI_NOWAIT, pointers(other), 1, null);
        await call('gai_suspend', pointers(other), 1, null);
        return [waited, begun, ...[one, other].map((asked) => calls['gai_error']!(asked).result)];
      });
      const done = { result: 0, errno: 0 };
      expect(outcomes).toEqual([done, done, 0, 0]);
      const asked = pointers(question());
      expect(await ways.offloads(() => green('getaddrinfo_a', GAI_WAIT, asked, 1, null))).toBe(1);
    },
  );

  behaviour('gai_suspend', ['done', 'timeout'])(
    'gai_suspend waits until one is there',
    async () => {
      const outcomes = await bothWays(async (call) => {
        const asked = question();
        const list = pointers(asked);
        await call('getaddrinfo_a', GAI_NOWAIT, list, 1, null);
        const first = await call('gai_suspend', list, 1, time(30));
        const second = await call('gai_suspend', list, 1, time(0));
        return [[0, EAI_ALLDONE].includes(first.result), second.result];
      });
      expect(outcomes).toEqual([true, EAI_ALLDONE]);
    },
  );
});
