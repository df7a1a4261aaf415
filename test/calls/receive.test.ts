import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, everyWay, stillWaits, waitsFor } from './ways';

const {
  AF_INET,
  MSG_DONTWAIT,
  MSG_ERRQUEUE,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SHUT_RD,
  SHUT_RDWR,
  SHUT_WR,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} = constants;
const write = ways.originalCalls['write']!;
const sendto = ways.originalCalls['sendto']!;
const receivers = ['recv', 'recvfrom', 'recvmsg'] as const;

/** A connection whose other end goes away with data unread, which resets it: RFC 2525, 2.17. */
function resettable(desk: ways.Desk): { here: number; reset: (sent?: string) => void } {
  const [here, there] = desk.tcp();
  write(here, bytes('never read'));
  return {
    here,
    reset(sent = '') {
      if (sent !== '') write(there, bytes(sent));
      desk.close(there);
    },
  };
}

describe.each(receivers)('%s waits as the kernel does', (receive) => {
  behaviour(receivers, ['data', 'end of stream']).each(['socketpair', 'tcp'] as const)(
    'on a %s, for data and its end',
    async (kind) => {
      const [first, end] = await everyWay(async (call, desk) => {
        const [here, there] = desk[kind]();
        const pending = call(receive, here, 100, 0);
        await stillWaits(pending);
        write(there, bytes('some data'));
        const first = await pending;
        const last = call(receive, here, 100, 0);
        await stillWaits(last);
        await call('shutdown', there, SHUT_WR);
        return [first, await last];
      });
      expect(first).toMatchObject({ result: 9, errno: 0, data: bytes('some data') });
      expect(end).toMatchObject({ result: 0, errno: 0 });
    },
  );

  behaviour(receivers, ['MSG_DONTWAIT', 'O_NONBLOCK', 'MSG_ERRQUEUE'])(
    'not at all with MSG_DONTWAIT or O_NONBLOCK',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [here] = desk.socketpair();
        const first = await call(receive, here, 10, MSG_DONTWAIT);
        descriptors.setNonblocking(here, true);
        return [
          first,
          await call(receive, here, 10, 0),
          await call(receive, here, 9, MSG_WAITALL),
          await call(receive, desk.tcp()[0], 9, MSG_ERRQUEUE),
        ];
      });
      expect(outcomes.map((outcome) => outcome.errno)).toEqual(Array(4).fill(errno.EAGAIN));
    },
  );

  behaviour(receivers, 'SO_RCVTIMEO')('until SO_RCVTIMEO has passed', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here] = desk.tcp();
      descriptors.setTimeouts(here, 60, 0);
      return waitsFor(60, () => call(receive, here, 10, 0));
    });
    expect(outcome).toMatchObject({ result: -1, errno: errno.EAGAIN });
  });

  behaviour(receivers, 'MSG_OOB')(
    'for urgent data, which ends what is read in one go',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [here, there] = desk.tcp();
        const early = await call(receive, here, 1, MSG_OOB);
        const pending = call(receive, here, 10, MSG_WAITALL);
        await stillWaits(pending);
        write(there, bytes('abc'));
        ways.originalCalls['send']!(there, bytes('d!'), MSG_OOB);
        write(there, bytes('efghijklmnop'));
        const first = await pending;
        const urgent = await call(receive, here, 1, MSG_OOB);
        return [early, first, urgent, await call(receive, here, 12, MSG_WAITALL)];
      });
      expect(outcomes[0]).toMatchObject({ result: -1, errno: errno.EINVAL });
      expect(outcomes.slice(1).map(({ data }) => data?.toString())).toEqual([
        'abcd',
        '!',
        'efghijklmnop',
      ]);
    },
  );

  behaviour(receivers, 'MSG_PEEK')('with MSG_PEEK, and leaves the data', async () => {
    const [peeked, taken] = await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      const pending = call(receive, here, 4, MSG_PEEK);
      await stillWaits(pending);
      write(there, bytes('peeked at'));
      return [await pending, await call(receive, here, 100, 0)];
    });
    expect([peeked?.data?.toString(), taken?.data?.toString()]).toEqual(['peek', 'peeked at']);
  });

  behaviour(receivers, 'MSG_WAITALL')('with MSG_WAITALL, until everything has come', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      const pending = call(receive, here, 10, MSG_WAITALL);
      for (const part of ['abc', 'def', 'ghi']) {
        write(there, bytes(part));
        await stillWaits(pending);
      }
      write(there, bytes('jkl'));
      return pending;
    });
    expect(outcome).toMatchObject({ result: 10, errno: 0, data: bytes('abcdefghij') });
  });

  it('with MSG_WAITALL, until the end, the timeout or an error', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [a, b] = desk.tcp();
      const ended = call(receive, a, 10, MSG_WAITALL);
      write(b, bytes('abc'));
      await stillWaits(ended);
      desk.close(b);
      const [c, d] = desk.socketpair();
      descriptors.setTimeouts(c, 80, 0);
      write(d, bytes('de'));
      const late = await waitsFor(80, () => call(receive, c, 10, MSG_WAITALL));
      const nothing = await waitsFor(80, () => call(receive, c, 10, MSG_WAITALL));
      const { here, reset } = resettable(desk);
      const failed = call(receive, here, 10, MSG_WAITALL);
      await stillWaits(failed);
      reset('fgh');
      return [await ended, late, nothing, await failed, await call(receive, here, 10, 0)];
    });
    expect(outcomes.map(({ result }) => result).slice(0, 3)).toEqual([3, 2, -1]);
  });

  it('with MSG_WAITALL and MSG_PEEK', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      write(there, bytes('abc'));
      const pending = call(receive, here, 6, MSG_WAITALL | MSG_PEEK);
      await stillWaits(pending);
      write(there, bytes('defg'));
      return [await pending, await call(receive, here, 100, 0)];
    });
    expect(outcome.map(({ result }) => result)).toEqual([6, 7]);
  });

  behaviour(receivers, 'datagram')('for datagrams, each of them whole', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair(SOCK_DGRAM);
      const pending = call(receive, here, 4, MSG_WAITALL);
      await stillWaits(pending);
      write(there, bytes('truncated'));
      write(there, bytes('next'));
      sendto(there, bytes(''), 0, null);
      return [
        await pending,
        await call(receive, here, 100, 0),
        await call(receive, here, 100, 0),
        await call(receive, here, 100, MSG_DONTWAIT),
      ];
    });
    expect(outcomes.map(({ result }) => result)).toEqual([4, 4, 0, -1]);
  });

  it('for messages of SOCK_SEQPACKET, with their true size if asked', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair(SOCK_SEQPACKET);
      const pending = call(receive, here, 64, MSG_TRUNC);
      await stillWaits(pending);
      write(there, bytes('message'));
      return pending;
    });
    expect(outcome.result).toBe(7);
  });

  it('when nothing is asked for', async () => {
    await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      const pending = [call(receive, here, 0, 0), call(receive, here, 0, MSG_WAITALL)];
      await stillWaits(Promise.race(pending));
      write(there, bytes('x'));
      return [...(await Promise.all(pending)), await call(receive, here, 10, 0)];
    });
  });

  behaviour(receivers, 'shutdown')('and is woken by shutdown on its own end', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here] = desk.tcp();
      const [local] = desk.socketpair();
      const pending = [call(receive, here, 10, 0), call(receive, local, 9, MSG_WAITALL)];
      await stillWaits(Promise.race(pending));
      await call('shutdown', here, SHUT_RD);
      await call('shutdown', local, SHUT_RDWR);
      return Promise.all(pending);
    });
    expect(outcomes.map(({ result }) => result)).toEqual([0, 0]);
  });

  it('and is woken by a reset', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { here, reset } = resettable(desk);
      const pending = call(receive, here, 10, 0);
      await stillWaits(pending);
      reset();
      return [await pending, await call(receive, here, 10, 0)];
    });
    expect(outcome.map((each) => each.errno)).toEqual([errno.ECONNRESET, 0]);
  });

  it('and reports the same errors', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from] = desk.pipe();
      const unconnected = desk.socket(AF_INET, SOCK_STREAM);
      return [
        await call(receive, 99_999, 10, 0),
        await call(receive, -1, 10, MSG_WAITALL),
        await call(receive, from, 10, 0),
        await call(receive, unconnected, 10, 0),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[errno.EBADF, errno.EBADF],
      ...[errno.ENOTSOCK, errno.ENOTCONN],
    ]);
  });
});

describe('recvfrom', () => {
  it('says who has sent a datagram, also after a wait', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { fd, address } = desk.udp();
      const sender = desk.udp();
      const pending = call('recvfrom', fd, 100, 0);
      await stillWaits(pending);
      sendto(sender.fd, bytes('hello'), 0, address);
      const { result, data, from } = await pending;
      return { result, data, right: from?.equals(sender.address) };
    });
    expect(outcome).toEqual({ result: 5, data: bytes('hello'), right: true });
  });

  it('reports that a datagram could not be delivered', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const gone = desk.udp();
      const { fd } = desk.udp();
      await call('connect', fd, gone.address);
      desk.close(gone.fd);
      const pending = call('recvfrom', fd, 10, 0);
      await stillWaits(pending);
      write(fd, bytes('x'));
      return (await pending).errno;
    });
    expect(outcome).toBe(errno.ECONNREFUSED);
  });
});
