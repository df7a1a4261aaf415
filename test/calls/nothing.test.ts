import { describe, expect, it } from 'vitest';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, everyWay, stillWaits } from './ways';

const write = ways.originalCalls['write']!;

// To transfer no bytes is not to do nothing: sockets wait for what they would wait for anyway.
describe('receiving nothing waits as the kernel does', () => {
  it.each(['recv', 'recvfrom'])('%s: on TCP a timeout is no error', async (receive) => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here] = desk.tcp();
      descriptors.setTimeouts(here, 60, 0);
      return ways.waitsFor(60, () => call(receive, here, 0, 0));
    });
    expect(outcomes).toMatchObject({ result: 0, errno: 0 });
  });

  it.each(['recv', 'recvfrom'])('%s: on a local stream it is one', async (receive) => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here] = desk.socketpair();
      descriptors.setTimeouts(here, 60, 0);
      return ways.waitsFor(60, () => call(receive, here, 0, 0));
    });
    expect(outcomes).toMatchObject({ result: -1, errno: errno.EAGAIN });
  });

  it.each(['recv', 'recvfrom'])('%s: not at all on TCP with O_NONBLOCK', async (receive) => {
    const outcomes = await everyWay((call, desk) => {
      const [here] = desk.tcp();
      descriptors.setNonblocking(here, true);
      return call(receive, here, 0, 0);
    });
    expect(outcomes).toMatchObject({ result: -1, errno: errno.EAGAIN });
  });

  it.each(['recv', 'recvfrom'])('%s: until there is data, which stays', async (receive) => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      const pending = call(receive, here, 0, 0);
      await stillWaits(pending);
      write(there, bytes('data'));
      return [await pending, await call('recv', here, 10, 0)];
    });
    expect(outcomes).toMatchObject([{ result: 0 }, { result: 4, data: bytes('data') }]);
  });
});

describe('writing nothing waits as the kernel does', () => {
  it('for room for an empty datagram', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair(constants.SOCK_DGRAM);
      descriptors.setNonblocking(here, true);
      let queued = 0;
      while (write(here, bytes('queued')).result > 0) queued += 1;
      descriptors.setNonblocking(here, false);
      const pending = call('write', here, bytes(''));
      await stillWaits(pending);
      await ways.drain(there, queued * 'queued'.length);
      return pending;
    });
    expect(outcome).toEqual({ result: 0, errno: 0 });
  });
});
