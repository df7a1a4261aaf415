import { spawn } from 'greenify';
import { execFileSync } from 'node:child_process';
import { openSync, readSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as ways from './ways';
import {
  bytes,
  calls,
  constants,
  descriptors,
  errno,
  everyWay,
  stillWaits,
  waitsFor,
} from './ways';

const write = ways.originalCalls['write']!;

describe('read and readv wait as the kernel does', () => {
  it.each(['pipe', 'socketpair', 'tcp'] as const)('on a %s, for data and its end', async (kind) => {
    const { first, end } = await everyWay(async (call, desk) => {
      const [a, b] = desk[kind]();
      const [from, to] = kind === 'tcp' ? [b, a] : [a, b];
      const pending = call('read', from, 100);
      await stillWaits(pending);
      write(to, bytes('some data'));
      const first = await pending;
      const last = call('read', from, 100);
      await stillWaits(last);
      desk.close(to);
      return { first, end: await last };
    });
    expect(first).toEqual({ result: 9, errno: 0, data: bytes('some data') });
    expect(end).toMatchObject({ result: 0, errno: 0 });
  });

  it('on a terminal', async () => {
    const line = await everyWay(async (call, desk) => {
      // The line discipline echoes what is written to the terminal's master side.
      const master = desk.keep(openSync('/dev/ptmx', 'r+'));
      const pending = call('read', master, 100);
      await stillWaits(pending);
      write(master, bytes('typed\n'));
      return pending;
    });
    expect(line.data?.toString()).toBe('typed\r\n');
  });

  it('on a FIFO', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const path = ways.newPath();
      execFileSync('mkfifo', [path]);
      const fifo = desk.keep(openSync(path, 'r+'));
      const pending = call('read', fifo, 3);
      await stillWaits(pending);
      write(fifo, bytes('longer than asked'));
      return pending;
    });
    expect(outcome).toEqual({ result: 3, errno: 0, data: bytes('lon') });
  });

  it('into several buffers', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const pending = call('readv', from, [2, 0, 3, 10]);
      await stillWaits(pending);
      write(to, bytes('abcdefg'));
      return pending;
    });
    expect(outcome).toEqual({ result: 7, errno: 0, data: bytes('abcdefg') });
  });

  it('not at all where there is data', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      write(to, bytes('abc'));
      return [await call('read', from, 2), await call('readv', from, [5, 5])];
    });
    expect(outcomes.map(({ result }) => result)).toEqual([2, 1]);
  });

  it('not at all when O_NONBLOCK is set, also by somebody else in between', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from] = desk.pipe(constants.O_NONBLOCK);
      const [socket] = desk.socketpair();
      descriptors.setNonblocking(socket, true);
      return [await call('read', from, 1), await call('readv', socket, [1, 1])];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([errno.EAGAIN, errno.EAGAIN]);
  });

  it('until SO_RCVTIMEO has passed', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [socket] = desk.socketpair();
      descriptors.setTimeouts(socket, 60, 0);
      return waitsFor(60, () => call('read', socket, 10));
    });
    expect(outcome).toMatchObject({ result: -1, errno: errno.EAGAIN });
  });

  it('never on a regular file, whose position moves', async () => {
    const path = ways.newPath();
    writeFileSync(path, 'contents of a file');
    const outcomes = await everyWay(async (call, desk) => {
      const file = desk.keep(openSync(path, 'r'));
      const first = await call('read', file, 9);
      const rest = Buffer.alloc(3);
      readSync(file, rest);
      return [first.data?.toString(), rest.toString(), await call('readv', file, [3, 99])];
    });
    expect(outcomes.slice(0, 2)).toEqual(['contents ', 'of ']);
  });

  it('and report the same errors', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const folder = desk.keep(openSync('/', 'r'));
      return [
        await call('read', -1, 1),
        await call('read', 99_999, 1),
        await call('readv', 99_999, [1]),
        await call('read', to, 1),
        await call('read', folder, 1),
        await call('read', from, 0),
        await call('readv', from, []),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...Array<number>(4).fill(errno.EBADF),
      errno.EISDIR,
      ...[0, 0],
    ]);
  });
});

describe('write and writev wait as the kernel does', () => {
  const big = ways.pattern(1_000_000);

  it.each(['pipe', 'socketpair', 'tcp'] as const)(
    'on a %s, until everything is written',
    async (kind) => {
      const outcome = await everyWay(async (call, desk) => {
        const [a, b] = desk[kind]();
        const [from, to] = kind === 'pipe' ? [a, b] : [b, a];
        const pending = call('write', to, Buffer.concat([big, big, big, big, big, big, big, big]));
        await stillWaits(pending);
        const received = await ways.drain(from, 8 * big.length);
        expect(received.subarray(-big.length).equals(big)).toBe(true);
        return pending;
      });
      expect(outcome).toEqual({ result: 8 * big.length, errno: 0 });
    },
  );

  it('from several buffers', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const pieces = [bytes('start'), bytes(''), big, bytes('middle'), big];
      const pending = call('writev', to, pieces);
      await stillWaits(pending);
      const expected = Buffer.concat(pieces);
      expect((await ways.drain(from, expected.length)).equals(expected)).toBe(true);
      return pending;
    });
    expect(outcome).toEqual({ result: 2 * big.length + 11, errno: 0 });
  });

  it('and small writes to a full pipe stay whole', async () => {
    // pipe(7): up to PIPE_BUF (4096) bytes are atomic.
    const size = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      await call('write', to, big.subarray(0, 65_536 - 4096));
      await call('write', to, big.subarray(0, 100));
      const pending = call('write', to, Buffer.alloc(4096, 'x'));
      await stillWaits(pending);
      const before = await ways.drain(from, 65_536 - 4096 + 100);
      expect(before.includes('xxxxxxxx')).toBe(false);
      return (await pending).result;
    });
    expect(size).toBe(4096);
  });

  it('not at all when O_NONBLOCK is set: what fits is written', async () => {
    const [part, none] = await everyWay(async (call, desk) => {
      const [, to] = desk.pipe(constants.O_NONBLOCK);
      return [await call('write', to, big), await call('writev', to, [big, big])];
    });
    expect(part).toEqual({ result: 65_536, errno: 0 });
    expect(none).toEqual({ result: -1, errno: errno.EAGAIN });
  });

  it('until SO_SNDTIMEO has passed: what went is counted', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [to] = desk.socketpair();
      descriptors.setTimeouts(to, 0, 60);
      const part = await waitsFor(60, () => call('write', to, big));
      const none = await waitsFor(60, () => call('write', to, big));
      return [part.result > 1000 && part.result < big.length, part.errno, none];
    });
    expect(outcomes).toEqual([true, 0, { result: -1, errno: errno.EAGAIN }]);
  });

  it('until the reader goes away: what went is counted, then EPIPE', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const pending = call('write', to, big);
      await stillWaits(pending);
      desk.close(from);
      return [await pending, await call('write', to, big), await call('writev', to, [big])];
    });
    expect(outcomes[0]).toEqual({ result: 65_536, errno: 0 });
    expect(outcomes.slice(1)).toEqual(Array(2).fill({ result: -1, errno: errno.EPIPE }));
  });

  it('and never on regular files and terminals that have room', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const file = desk.keep(openSync(ways.newPath(), 'w'));
      const terminal = desk.keep(openSync('/dev/ptmx', 'r+'));
      return [
        await call('write', file, big),
        await call('writev', file, [big, bytes('x')]),
        await call('write', terminal, bytes('typed\n')),
        await call('writev', terminal, [bytes('a'), bytes('b\n')]),
      ];
    });
    expect(outcomes.map(({ result }) => result)).toEqual([big.length, big.length + 1, 6, 3]);
  });

  it('and report the same errors', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      return [
        await call('write', 99_999, bytes('x')),
        await call('writev', -1, [bytes('x')]),
        await call('write', from, bytes('x')),
        await call('write', to, bytes('')),
        await call('writev', to, []),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...Array<number>(3).fill(errno.EBADF),
      ...[0, 0],
    ]);
  });
});

describe('close and dup', () => {
  it('come to the same', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from] = desk.pipe();
      const copy = desk.keep((await call('dup', from)).result);
      const target = desk.keep((await call('dup', from)).result);
      const results = [
        (await call('dup2', from, target)).result === target,
        (await call('dup3', from, target, constants.O_CLOEXEC)).result === target,
        await call('dup2', copy, copy).then(({ result }) => result === copy),
        await call('dup3', copy, copy, 0),
        await call('dup2', 99_999, target),
        await call('dup2', from, -1),
        await call('dup', -1),
        await call('close', 99_999),
        await call('close', copy),
      ];
      desk.forget(copy);
      return results;
    });
    expect(outcomes).toEqual([
      ...[true, true, true],
      { result: -1, errno: errno.EINVAL },
      ...Array(4).fill({ result: -1, errno: errno.EBADF }),
      { result: 0, errno: 0 },
    ]);
  });

  it('let readers of a duplicate wait on', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const copy = desk.keep((await call('dup', from)).result);
      const pending = call('read', copy, 10);
      await stillWaits(pending);
      await call('close', from);
      desk.forget(from);
      await stillWaits(pending);
      write(to, bytes('late'));
      return pending;
    });
    expect(outcome).toMatchObject({ result: 4, errno: 0 });
  });

  const closers: Record<string, (fd: number, other: number) => unknown> = {
    'close in another green thread': (fd) => spawn(() => calls['close']!(fd)),
    'close on the loop stack': (fd) => calls['close']!(fd),
    'close on another kernel thread': (fd) => calls.thread['close']!(fd),
    'close on a libuv pool thread': (fd) => calls.pool['close']!(fd),
    'dup2 over it': (fd, other) => calls['dup2']!(other, fd),
    'dup3 over it, on another kernel thread': (fd, other) => calls.thread['dup3']!(other, fd, 0),
  };

  // A deliberate difference: Linux lets the blocked call wait for what the number meant before.
  it.each(Object.keys(closers))('wake the waiters with EBADF: %s', async (closer) => {
    await ways.onDesk(async (desk) => {
      const [from, to] = desk.socketpair();
      const [other] = desk.pipe();
      const waiters = [
        ways.green('read', from, 10),
        ways.green('recv', from, 10, 0),
        ways.green('readv', from, [10]),
      ];
      await stillWaits(Promise.race(waiters));
      await closers[closer]!(from, other);
      for (const waiter of waiters) {
        expect(await waiter).toMatchObject({ result: -1, errno: errno.EBADF });
      }
      if (closer.startsWith('close')) desk.forget(from);
      expect(write(to, bytes('x'))).toEqual({ result: -1, errno: errno.EPIPE });
    });
  });

  it('wake a writer with EBADF, or with what it had written', async () => {
    await ways.onDesk(async (desk) => {
      const [, to] = desk.pipe();
      const first = ways.green('write', to, ways.pattern(100_000));
      const second = ways.green('write', to, bytes('x'.repeat(4096)));
      await stillWaits(Promise.race([first, second]));
      await ways.green('close', to);
      desk.forget(to);
      expect(await first).toEqual({ result: 65_536, errno: 0 });
      expect(await second).toEqual({ result: -1, errno: errno.EBADF });
    });
  });

  it('wake nobody when they fail or change nothing', async () => {
    await ways.onDesk(async (desk) => {
      const [from, to] = desk.pipe();
      const pending = ways.green('read', from, 10);
      await stillWaits(pending);
      expect(await ways.green('dup2', 99_999, from)).toMatchObject({ errno: errno.EBADF });
      expect(await ways.green('dup2', from, from)).toMatchObject({ result: from });
      expect(await ways.green('dup3', from, from, 0)).toMatchObject({ errno: errno.EINVAL });
      await stillWaits(pending);
      write(to, bytes('data'));
      expect(await pending).toMatchObject({ result: 4 });
    });
  });

  it('keep a reused number from the old waiter', async () => {
    await ways.onDesk(async (desk) => {
      const [from, to] = desk.pipe();
      const [newFrom, newTo] = desk.pipe();
      const old = ways.green('read', from, 10);
      await stillWaits(old);
      expect(calls['dup2']!(newFrom, from).result).toBe(from);
      write(newTo, bytes('for the new one'));
      expect(await old).toMatchObject({ result: -1, errno: errno.EBADF });
      expect(await ways.green('read', from, 100)).toMatchObject({ result: 15 });
      const next = ways.green('read', from, 10);
      await stillWaits(next);
      write(newTo, bytes('again'));
      expect(await next).toMatchObject({ result: 5 });
      expect(write(to, bytes('x')).errno).toBe(errno.EPIPE);
    });
  });
});

describe('several green threads at one descriptor', () => {
  it('get what arrives in the order in which they came', async () => {
    await ways.onDesk(async (desk) => {
      const [from, to] = desk.pipe();
      const order: string[] = [];
      const readers = ['first', 'second', 'third'].map((name) =>
        ways.green('read', from, 1).then(({ data }) => order.push(`${name} ${data?.toString()}`)),
      );
      for (const [index, letter] of ['a', 'b', 'c'].entries()) {
        await stillWaits(readers[index]!);
        write(to, bytes(letter));
        await readers[index];
      }
      expect(order).toEqual(['first a', 'second b', 'third c']);
    });
  });

  it('read and write at the same time', async () => {
    await ways.onDesk(async (desk) => {
      const [here, there] = desk.socketpair();
      const big = ways.pattern(2_000_000);
      const reader = ways.green('read', here, 100);
      const writer = ways.green('write', here, big);
      await stillWaits(Promise.race([reader, writer]));
      write(there, bytes('answer'));
      expect(await reader).toMatchObject({ result: 6 });
      await stillWaits(writer);
      expect((await ways.drain(there, big.length)).equals(big)).toBe(true);
      expect(await writer).toEqual({ result: big.length, errno: 0 });
    });
  });
});
