import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, everyWay, stillWaits, waitsFor } from './ways';

const { AF_INET, AF_UNIX, MSG_DONTWAIT, MSG_NOSIGNAL, SHUT_WR, SOCK_DGRAM, SOCK_STREAM } =
  constants;
const write = ways.originalCalls['write']!;
const sendto = ways.originalCalls['sendto']!;
const senders = ['send', 'sendto', 'sendmsg'] as const;

/** The first bytes have come: on a busy machine a kernel thread may begin late. */
const hasBegun = (receiver: number): Promise<unknown> =>
  ways.plain('poll', [{ fd: receiver, events: constants.POLLIN }], -1);

describe.each(senders)('%s waits as the kernel does', (send) => {
  const big = ways.pattern(6_000_000);

  behaviour(senders, 'room').each(['socketpair', 'tcp'] as const)(
    'on a %s, until everything has gone',
    async (kind) => {
      const outcome = await everyWay(async (call, desk) => {
        const [here, there] = desk[kind]();
        const pending = call(send, here, big, 0);
        await stillWaits(pending);
        expect((await ways.drain(there, big.length)).equals(big)).toBe(true);
        return pending;
      });
      expect(outcome).toEqual({ result: big.length, errno: 0 });
    },
  );

  behaviour(senders, ['MSG_DONTWAIT', 'O_NONBLOCK'])(
    'not at all with MSG_DONTWAIT or O_NONBLOCK: what fits goes',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [here, there] = desk.socketpair();
        const part = await call(send, here, big, MSG_DONTWAIT);
        const none = await call(send, here, big, MSG_DONTWAIT);
        descriptors.setNonblocking(there, true);
        return [
          part.result < big.length,
          none,
          (await call(send, there, big, 0)).result < big.length,
        ];
      });
      expect(outcomes).toEqual([true, { result: -1, errno: errno.EAGAIN }, true]);
    },
  );

  behaviour(senders, 'SO_SNDTIMEO')(
    'until SO_SNDTIMEO has passed: what went is counted',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [here] = desk.socketpair();
        descriptors.setTimeouts(here, 0, 60);
        const part = await waitsFor(60, () => call(send, here, big, 0));
        const none = await waitsFor(60, () => call(send, here, big, 0));
        return [part.result > 0 && part.result < big.length, part.errno, none];
      });
      expect(outcomes).toEqual([true, 0, { result: -1, errno: errno.EAGAIN }]);
    },
  );

  behaviour(senders, ['EPIPE', 'MSG_NOSIGNAL'])(
    'until the other end goes away: what went is counted, then an error',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [here, there] = desk.socketpair();
        const pending = call(send, here, big, MSG_NOSIGNAL);
        await stillWaits(pending);
        await hasBegun(there);
        desk.close(there);
        const { result, errno: error } = await pending;
        const next = await call(send, here, big, MSG_NOSIGNAL);
        return [result > 0 && result < big.length, error, next.result, next.errno];
      });
      expect(outcomes).toEqual([true, 0, -1, errno.EPIPE]);
    },
  );

  it('until it is shut down', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      const pending = call(send, here, big, MSG_NOSIGNAL);
      await stillWaits(pending);
      await hasBegun(there);
      await call('shutdown', here, SHUT_WR);
      const { result, errno: error } = await pending;
      return [result > 0 && result < big.length, error, await call(send, here, big, MSG_NOSIGNAL)];
    });
    expect(outcomes).toEqual([true, 0, { result: -1, errno: errno.EPIPE }]);
  });

  behaviour(senders, 'datagram')('for room for a datagram', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair(SOCK_DGRAM);
      descriptors.setNonblocking(here, true);
      let queued = 0;
      while (write(here, bytes('queued')).result > 0) queued += 1;
      descriptors.setNonblocking(here, false);
      const pending = call(send, here, bytes('last'), 0);
      await stillWaits(pending);
      await ways.drain(there, queued * 'queued'.length);
      return pending;
    });
    expect(outcomes).toEqual({ result: 4, errno: 0 });
  });

  it('and reports the same errors', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from] = desk.pipe();
      const [here] = desk.socketpair(SOCK_DGRAM);
      const unconnected = desk.socket(AF_INET, SOCK_STREAM);
      return [
        await call(send, 99_999, bytes('x'), 0),
        await call(send, from, bytes('x'), 0),
        await call(send, unconnected, bytes('x'), MSG_NOSIGNAL),
        await call(send, here, big, 0),
        await call(send, here, bytes(''), 0),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[errno.EBADF, errno.ENOTSOCK, errno.EPIPE, errno.EMSGSIZE],
      0,
    ]);
  });
});

describe('sendto', () => {
  it('waits for room at the address it names', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const address = descriptors.local(ways.newPath());
      const receiver = desk.socket(AF_UNIX, SOCK_DGRAM);
      descriptors.bind(receiver, address);
      const here = desk.socket(AF_UNIX, SOCK_DGRAM | constants.SOCK_NONBLOCK);
      while (sendto(here, bytes('queued'), 0, address).result > 0);
      descriptors.setNonblocking(here, false);
      const pending = call('sendto', here, bytes('last'), 0, address);
      await stillWaits(pending);
      await ways.drain(receiver, 6);
      return pending;
    });
    expect(outcome).toEqual({ result: 4, errno: 0 });
  });
});
