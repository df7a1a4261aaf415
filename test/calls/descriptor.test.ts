import { execFileSync } from 'node:child_process';
import { openSync, readSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import * as ways from './ways';
import {
  bytes,
  constants,
  descriptors,
  errno,
  everyWay,
  stillWaits,
  waitsFor,
  type Call,
  type Outcome,
} from './ways';

const write = ways.originalCalls['write']!;

const readers = ['read', 'readv'] as const;
const writers = ['write', 'writev'] as const;
const sized: Record<string, (amount: unknown) => unknown> = {
  read: (size) => size,
  readv: (size) => [size],
  write: (data) => data,
  writev: (data) => [data],
};

describe.each(readers)('%s waits as the kernel does', (name) => {
  const read = (call: Call, fd: number, size: number): Promise<Outcome> =>
    call(name, fd, sized[name]!(size));

  behaviour(readers, ['data', 'end of file']).each(['pipe', 'socketpair', 'tcp'] as const)(
    'on a %s, for data and its end',
    async (kind) => {
      const { first, end } = await everyWay(async (call, desk) => {
        const [a, b] = desk[kind]();
        const [from, to] = kind === 'tcp' ? [b, a] : [a, b];
        const pending = read(call, from, 100);
        await stillWaits(pending);
        write(to, bytes('some data'));
        const first = await pending;
        const last = read(call, from, 100);
        await stillWaits(last);
        desk.close(to);
        return { first, end: await last };
      });
      expect(first).toEqual({ result: 9, errno: 0, data: bytes('some data') });
      expect(end).toMatchObject({ result: 0, errno: 0 });
    },
  );

  behaviour(readers, 'terminal')('on a terminal', async () => {
    const line = await everyWay(async (call, desk) => {
      // The line discipline echoes what is written to the terminal's master side.
      const master = desk.keep(openSync('/dev/ptmx', 'r+'));
      const pending = read(call, master, 100);
      await stillWaits(pending);
      write(master, bytes('typed\n'));
      return pending;
    });
    expect(line.data?.toString()).toBe('typed\r\n');
  });

  behaviour(readers, 'FIFO')('on a FIFO', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const path = ways.newPath();
      execFileSync('mkfifo', [path]);
      const fifo = desk.keep(openSync(path, 'r+'));
      const pending = read(call, fifo, 3);
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
      return [await read(call, from, 2), await call('readv', from, [5, 5])];
    });
    expect(outcomes.map(({ result }) => result)).toEqual([2, 1]);
  });

  behaviour(readers, 'O_NONBLOCK')(
    'not at all when O_NONBLOCK is set, also by somebody else in between',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [from] = desk.pipe(constants.O_NONBLOCK);
        const [socket] = desk.socketpair();
        descriptors.setNonblocking(socket, true);
        return [await read(call, from, 1), await call('readv', socket, [1, 1])];
      });
      expect(outcomes.map((outcome) => outcome.errno)).toEqual([errno.EAGAIN, errno.EAGAIN]);
    },
  );

  behaviour(readers, 'SO_RCVTIMEO')('until SO_RCVTIMEO has passed', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [socket] = desk.socketpair();
      descriptors.setTimeouts(socket, 60, 0);
      return waitsFor(60, () => read(call, socket, 10));
    });
    expect(outcome).toMatchObject({ result: -1, errno: errno.EAGAIN });
  });

  behaviour(readers, 'regular file')('never on a regular file, whose position moves', async () => {
    const path = ways.newPath();
    writeFileSync(path, 'contents of a file');
    const outcomes = await everyWay(async (call, desk) => {
      const file = desk.keep(openSync(path, 'r'));
      const first = await read(call, file, 9);
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

describe.each(writers)('%s waits as the kernel does', (name) => {
  const writeAll = (call: Call, fd: number, data: Buffer): Promise<Outcome> =>
    call(name, fd, sized[name]!(data));

  const big = ways.pattern(1_000_000);

  behaviour(writers, 'room').each(['pipe', 'socketpair', 'tcp'] as const)(
    'on a %s, until everything is written',
    async (kind) => {
      const outcome = await everyWay(async (call, desk) => {
        const [a, b] = desk[kind]();
        const [from, to] = kind === 'pipe' ? [a, b] : [b, a];
        const pending = writeAll(call, to, Buffer.concat([big, big, big, big, big, big, big, big]));
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
      await writeAll(call, to, big.subarray(0, 65_536 - 4096));
      await writeAll(call, to, big.subarray(0, 100));
      const pending = writeAll(call, to, Buffer.alloc(4096, 'x'));
      await stillWaits(pending);
      const before = await ways.drain(from, 65_536 - 4096 + 100);
      expect(before.includes('xxxxxxxx')).toBe(false);
      return (await pending).result;
    });
    expect(size).toBe(4096);
  });

  behaviour(writers, 'O_NONBLOCK')(
    'not at all when O_NONBLOCK is set: what fits is written',
    async () => {
      const [part, none] = await everyWay(async (call, desk) => {
        const [, to] = desk.pipe(constants.O_NONBLOCK);
        return [await writeAll(call, to, big), await call('writev', to, [big, big])];
      });
      expect(part).toEqual({ result: 65_536, errno: 0 });
      expect(none).toEqual({ result: -1, errno: errno.EAGAIN });
    },
  );

  behaviour(writers, 'SO_SNDTIMEO')(
    'until SO_SNDTIMEO has passed: what went is counted',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [to] = desk.socketpair();
        descriptors.setTimeouts(to, 0, 60);
        const part = await waitsFor(60, () => writeAll(call, to, big));
        const none = await waitsFor(60, () => writeAll(call, to, big));
        return [part.result > 1000 && part.result < big.length, part.errno, none];
      });
      expect(outcomes).toEqual([true, 0, { result: -1, errno: errno.EAGAIN }]);
    },
  );

  behaviour(writers, 'EPIPE')(
    'until the reader goes away: what went is counted, then EPIPE',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [from, to] = desk.pipe();
        const pending = writeAll(call, to, big);
        await stillWaits(pending);
        desk.close(from);
        return [await pending, await writeAll(call, to, big), await call('writev', to, [big])];
      });
      expect(outcomes[0]).toEqual({ result: 65_536, errno: 0 });
      expect(outcomes.slice(1)).toEqual(Array(2).fill({ result: -1, errno: errno.EPIPE }));
    },
  );

  behaviour(writers, 'regular file')(
    'and never on regular files and terminals that have room',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const file = desk.keep(openSync(ways.newPath(), 'w'));
        const terminal = desk.keep(openSync('/dev/ptmx', 'r+'));
        return [
          await writeAll(call, file, big),
          await call('writev', file, [big, bytes('x')]),
          await writeAll(call, terminal, bytes('typed\n')),
          await call('writev', terminal, [bytes('a'), bytes('b\n')]),
        ];
      });
      expect(outcomes.map(({ result }) => result)).toEqual([big.length, big.length + 1, 6, 3]);
    },
  );

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
