import { openSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import { messageLengths, messages, timespec } from './structures';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, everyWay, stillWaits, waitsFor } from './ways';

const { AF_INET, MSG_DONTWAIT, MSG_WAITFORONE, SOCK_DGRAM, SOCK_STREAM } = constants;
const SPLICE_F_NONBLOCK = 2;
const write = ways.originalCalls['write']!;
const acceptors = ['accept', 'accept4'] as const;

describe.each(acceptors)('%s waits as the kernel does', (name) => {
  behaviour(acceptors, 'connection')('for a connection, and says from where', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { fd, address } = desk.listener();
      const [from, size] = [Buffer.alloc(64), Buffer.from([64, 0, 0, 0])];
      const pending = call(name, fd, from, size, constants.O_CLOEXEC);
      await stillWaits(pending);
      const client = desk.socket(AF_INET, SOCK_STREAM);
      ways.originalCalls['connect']!(client, address);
      const { result, errno: error } = await pending;
      const server = desk.keep(result);
      write(client, bytes('hello'));
      const { data } = await call('read', server, 10);
      const right = from.subarray(0, size[0]).equals(descriptors.getsockname(client));
      return { error, text: data?.toString(), right };
    });
    expect(outcome).toEqual({ error: 0, text: 'hello', right: true });
  });

  behaviour(acceptors, ['O_NONBLOCK', 'SO_RCVTIMEO'])('until it need not', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const { fd } = desk.listener();
      descriptors.setTimeouts(fd, 60, 0);
      const late = await waitsFor(60, () => call(name, fd, null, null, 0));
      descriptors.setNonblocking(fd, true);
      return [late, await call(name, fd, null, null, 0)];
    });
    expect(outcomes).toEqual(Array(2).fill({ result: -1, errno: errno.EAGAIN }));
  });

  behaviour(acceptors, 'EINVAL')('not at all where nobody listens', async () => {
    const outcomes = await everyWay(async (call, desk) => [
      await call(name, desk.socket(AF_INET, SOCK_STREAM), null, null, 0),
      await call(name, desk.socket(AF_INET, SOCK_DGRAM), null, null, 0),
      await call(name, desk.pipe()[0], null, null, 0),
      await call(name, 99_999, null, null, 0),
    ]);
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[errno.EINVAL, errno.EOPNOTSUPP, errno.ENOTSOCK, errno.EBADF],
    ]);
  });
});

describe('recvmmsg waits as the kernel does', () => {
  const room = (): Buffer => messages(...Array.from({ length: 3 }, () => Buffer.alloc(10)));

  behaviour('recvmmsg', 'every message')('until each message has come', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair(SOCK_DGRAM);
      const list = room();
      const pending = call('recvmmsg', here, list, 3, 0, null);
      for (const part of ['a', 'bc']) {
        await stillWaits(pending);
        write(there, bytes(part));
      }
      await stillWaits(pending);
      write(there, bytes('def'));
      return [await pending, messageLengths(list)];
    });
    expect(outcome).toEqual([{ result: 3, errno: 0 }, [1, 2, 3]]);
  });

  behaviour('recvmmsg', 'MSG_WAITFORONE')('for one only', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair(SOCK_DGRAM);
      const pending = call('recvmmsg', here, room(), 3, MSG_WAITFORONE, null);
      await stillWaits(pending);
      write(there, bytes('a'));
      return pending;
    });
    expect(outcome).toEqual({ result: 1, errno: 0 });
  });

  // recvmmsg(2), BUGS: the time is looked at only when a message has come.
  behaviour('recvmmsg', 'timeout')('until a message comes behind its time', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair(SOCK_DGRAM);
      const pending = call('recvmmsg', here, room(), 3, 0, timespec(10));
      await waitsFor(30, () => new Promise((resolve) => setTimeout(resolve, 32)));
      await stillWaits(pending);
      write(there, bytes('late'));
      return pending;
    });
    expect(outcome).toEqual({ result: 1, errno: 0 });
  });

  behaviour('recvmmsg', ['MSG_DONTWAIT', 'O_NONBLOCK', 'SO_RCVTIMEO'])(
    'until it need not',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [here, there] = desk.socketpair(SOCK_DGRAM);
        const impatient = await call('recvmmsg', here, room(), 3, MSG_DONTWAIT, null);
        descriptors.setTimeouts(here, 60, 0);
        const late = await waitsFor(60, () => call('recvmmsg', here, room(), 3, 0, null));
        write(there, bytes('a'));
        const some = await waitsFor(60, () => call('recvmmsg', here, room(), 3, 0, null));
        descriptors.setNonblocking(here, true);
        return [impatient, late, some, await call('recvmmsg', here, room(), 3, 0, null)];
      });
      const nothing = { result: -1, errno: errno.EAGAIN };
      expect(outcomes).toEqual([nothing, nothing, { result: 1, errno: 0 }, nothing]);
    },
  );
});

describe('sendmmsg waits as the kernel does', () => {
  const big = ways.pattern(1_000_000);

  behaviour('sendmmsg', 'room')('until every message has gone', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair();
      const list = messages(bytes('abc'), big, bytes('def'));
      const pending = call('sendmmsg', here, list, 3, 0);
      await stillWaits(pending);
      const received = await ways.drain(there, big.length + 6);
      return [await pending, messageLengths(list), received.subarray(-3).toString()];
    });
    expect(outcome).toEqual([{ result: 3, errno: 0 }, [3, big.length, 3], 'def']);
  });

  behaviour('sendmmsg', ['MSG_DONTWAIT', 'O_NONBLOCK', 'SO_SNDTIMEO'])(
    'until it need not',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [here] = desk.socketpair(SOCK_DGRAM);
        const list = (): Buffer => messages(...Array<Buffer>(200).fill(Buffer.alloc(5000)));
        const some = await call('sendmmsg', here, list(), 200, MSG_DONTWAIT);
        const none = await call('sendmmsg', here, list(), 200, MSG_DONTWAIT);
        descriptors.setTimeouts(here, 0, 60);
        const late = await waitsFor(60, () => call('sendmmsg', here, list(), 200, 0));
        descriptors.setNonblocking(here, true);
        return [some, none, late, await call('sendmmsg', here, list(), 200, 0)];
      });
      expect(outcomes[0]?.result).toBeLessThan(200);
      expect(outcomes.slice(1)).toEqual(Array(3).fill({ result: -1, errno: errno.EAGAIN }));
    },
  );
});

describe('sendfile and splice wait as the kernel does', () => {
  const big = ways.pattern(3_000_000);

  behaviour('sendfile', 'room')('for room in the socket', async () => {
    const path = ways.newPath();
    writeFileSync(path, big);
    const outcome = await everyWay(async (call, desk) => {
      const file = desk.keep(openSync(path, 'r'));
      const [here, there] = desk.socketpair();
      const offset = Buffer.from(BigInt64Array.of(100n).buffer);
      const size = big.length - 100;
      const pending = call('sendfile', here, file, offset, size);
      await stillWaits(pending);
      const received = await ways.drain(there, size);
      expect(received.equals(big.subarray(100))).toBe(true);
      return [await pending, Number(offset.readBigInt64LE())];
    });
    expect(outcome).toEqual([{ result: big.length - 100, errno: 0 }, big.length]);
  });

  behaviour('sendfile', 'O_NONBLOCK')('not when O_NONBLOCK is set', async () => {
    const path = ways.newPath();
    writeFileSync(path, big);
    const outcomes = await everyWay(async (call, desk) => {
      const file = desk.keep(openSync(path, 'r'));
      const [here] = desk.socketpair();
      descriptors.setNonblocking(here, true);
      const some = await call('sendfile', here, file, null, big.length);
      return [some.result > 0, await call('sendfile', here, file, null, big.length)];
    });
    expect(outcomes).toEqual([true, { result: -1, errno: errno.EAGAIN }]);
  });

  behaviour('splice', ['data', 'room'])('for data in a pipe, and for room in one', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const [here, there] = desk.tcp();
      const data = call('splice', from, null, here, null, 100, 0);
      await stillWaits(data);
      write(to, bytes('spliced'));
      const [fullFrom, fullTo] = desk.pipe(constants.O_NONBLOCK);
      while (write(fullTo, Buffer.alloc(4096)).result > 0);
      descriptors.setNonblocking(fullTo, false);
      write(there, bytes('back'));
      const room = call('splice', here, null, fullTo, null, 4, 0);
      await stillWaits(room);
      await ways.drain(fullFrom, 65_536);
      return [await data, await room, (await call('read', there, 100)).data?.toString()];
    });
    expect(outcomes).toEqual([{ result: 7, errno: 0 }, { result: 4, errno: 0 }, 'spliced']);
  });

  behaviour('splice', 'SPLICE_F_NONBLOCK')('not with SPLICE_F_NONBLOCK', async () => {
    const outcome = await everyWay((call, desk) => {
      const [from] = desk.pipe();
      const [, to] = desk.pipe();
      return call('splice', from, null, to, null, 100, SPLICE_F_NONBLOCK);
    });
    expect(outcome).toEqual({ result: -1, errno: errno.EAGAIN });
  });

  it('and report the same errors', async () => {
    const outcomes = await everyWay(async (call, desk) => [
      await call('sendfile', 99_999, desk.pipe()[0], null, 1),
      await call('sendfile', desk.pipe()[1], desk.pipe()[0], null, 1),
      await call('splice', desk.tcp()[0], null, desk.tcp()[0], null, 1, 0),
      await call('splice', 99_999, null, desk.pipe()[1], null, 1, 0),
    ]);
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[errno.EBADF, errno.EINVAL, errno.EINVAL, errno.EBADF],
    ]);
  });
});
