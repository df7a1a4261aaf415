import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { constants, descriptors, errno, everyWay, stillWaits, waitsFor } from './ways';

const { AF_INET, AF_UNIX, SOCK_DGRAM, SOCK_NONBLOCK, SOCK_STREAM } = constants;

/** A listener whose queue is full: TCP drops further connection requests, which are then repeated. */
function fullListener(desk: ways.Desk): { fd: number; address: Buffer } {
  const listener = desk.listener(0);
  ways.originalCalls['connect']!(desk.socket(AF_INET, SOCK_STREAM), listener.address);
  return listener;
}

describe('connect waits as the kernel does', () => {
  behaviour('connect', 'connection')(
    'until the connection is made, and leaves O_NONBLOCK as it was',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const { fd, address } = fullListener(desk);
        const client = desk.socket(AF_INET, SOCK_STREAM);
        const pending = call('connect', client, address);
        await stillWaits(pending);
        const flag = descriptors.isNonblocking(client);
        desk.accept(fd);
        const outcome = await pending;
        const server = desk.accept(fd);
        ways.originalCalls['write']!(server, ways.bytes('hello'));
        return [flag, outcome, descriptors.isNonblocking(client), await call('recv', client, 9, 0)];
      });
      expect(outcomes.slice(0, 3)).toEqual([false, { result: 0, errno: 0 }, false]);
    },
  );

  it('not at all where it can be made at once', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const { address } = desk.listener();
      const path = ways.newPath();
      const local = desk.listener(4, path);
      const client = desk.socket(AF_INET, SOCK_STREAM);
      const datagrams = desk.socket(AF_INET, SOCK_DGRAM);
      return [
        await call('connect', client, address),
        await call('connect', client, address),
        await call('connect', desk.socket(AF_UNIX, SOCK_STREAM), local.address),
        await call('connect', datagrams, address),
        await call('connect', datagrams, address),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([0, errno.EISCONN, 0, 0, 0]);
  });

  behaviour('connect', 'ECONNREFUSED')('until it is refused', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const { fd, address } = desk.listener();
      desk.close(fd);
      const client = desk.socket(AF_INET, SOCK_STREAM);
      const first = await call('connect', client, address);
      return [first, await call('connect', client, address), descriptors.isNonblocking(client)];
    });
    const refused = { result: -1, errno: errno.ECONNREFUSED };
    expect(outcomes).toEqual([refused, refused, false]);
  });

  behaviour('connect', 'SO_SNDTIMEO')('until SO_SNDTIMEO has passed', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const { address } = fullListener(desk);
      const client = desk.socket(AF_INET, SOCK_STREAM);
      descriptors.setTimeouts(client, 0, 80);
      return [
        await waitsFor(80, () => call('connect', client, address)),
        await call('connect', client, address),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([errno.EINPROGRESS, errno.EALREADY]);
  });

  behaviour('connect', 'O_NONBLOCK')('not at all when O_NONBLOCK is set', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const { address } = fullListener(desk);
      const client = desk.socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
      const first = await call('connect', client, address);
      return [first, await call('connect', client, address), descriptors.isNonblocking(client)];
    });
    expect(outcomes).toEqual([
      { result: -1, errno: errno.EINPROGRESS },
      { result: -1, errno: errno.EALREADY },
      true,
    ]);
  });

  behaviour('connect', 'full backlog')('for a place in the queue of a local listener', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const { fd, address } = desk.listener(0, ways.newPath());
      await call('connect', desk.socket(AF_UNIX, SOCK_STREAM), address);
      const impatient = desk.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
      const refused = await call('connect', impatient, address);
      const pending = call('connect', desk.socket(AF_UNIX, SOCK_STREAM), address);
      await stillWaits(pending);
      desk.accept(fd);
      return [refused, await pending];
    });
    expect(outcome.map((each) => each.errno)).toEqual([errno.EAGAIN, 0]);
  });

  it('and reports the same errors', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const nowhere = descriptors.local(ways.newPath());
      const address = descriptors.inet('127.0.0.1', 9);
      const [pipe] = desk.pipe();
      const local = desk.socket(AF_UNIX, SOCK_STREAM);
      return [
        await call('connect', -1, address),
        await call('connect', 99_999, address),
        await call('connect', pipe, address),
        await call('connect', local, nowhere),
        await call('connect', local, address),
        await call('connect', desk.socket(AF_INET, SOCK_STREAM), nowhere),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[errno.EBADF, errno.EBADF, errno.ENOTSOCK, errno.ENOENT],
      ...[errno.EINVAL, errno.EAFNOSUPPORT],
    ]);
  });

  it('but ends with EBADF when its socket is closed', async () => {
    await ways.onDesk(async (desk) => {
      const { address } = fullListener(desk);
      const client = desk.socket(AF_INET, SOCK_STREAM);
      const pending = ways.green('connect', client, address);
      await stillWaits(pending);
      await ways.green('close', client);
      desk.forget(client);
      expect(await pending).toEqual({ result: -1, errno: errno.EBADF });
    });
  });
});
