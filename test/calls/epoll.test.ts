import { describe, expect } from 'vitest';
import { behaviour } from './behaviour';
import { timespec } from './structures';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, everyWay, stillWaits, waitsFor } from './ways';

const write = ways.originalCalls['write']!;
const waiters = ['epoll_wait', 'epoll_pwait', 'epoll_pwait2'] as const;
const { POLLIN } = constants;

interface Awaited {
  result: number;
  errno: number;
  /** Of the first event: what happened, and whether to the descriptor that was asked about. */
  events: number;
  data: number;
}

/** epoll_wait(2) for one event; no time: without end. */
async function wait(call: ways.Call, name: string, fd: number, ms?: number): Promise<Awaited> {
  const event = Buffer.alloc(16); // struct epoll_event is packed on x86-64
  const forever = name === 'epoll_pwait2' ? null : -1;
  const given = name === 'epoll_pwait2' ? timespec(ms ?? 0) : ms;
  const timeout = ms === undefined ? forever : given;
  const { result, errno: error } = await call(name, fd, event, 1, timeout, null);
  const dataOffset = process.arch === 'x64' ? 4 : 8;
  return {
    result,
    errno: error,
    events: event.readUInt32LE(0),
    data: event.readInt32LE(dataOffset),
  };
}

const none = { result: 0, errno: 0, events: 0, data: 0 };

describe.each(waiters)('%s waits as the kernel does', (name) => {
  behaviour(waiters, ['ready', 'no timeout'])('without end, until something is ready', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const epoll = desk.keep(descriptors.epoll(from, POLLIN));
      const pending = wait(call, name, epoll);
      await stillWaits(pending);
      write(to, bytes('x'));
      const { data, ...outcome } = await pending;
      return [data === from, outcome];
    });
    expect(outcome).toEqual([true, { result: 1, errno: 0, events: POLLIN }]);
  });

  behaviour(waiters, ['timeout', 'timeout 0'])('for a time', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const epoll = desk.keep(descriptors.epoll(desk.pipe()[0], POLLIN));
      const late = await waitsFor(40, () => wait(call, name, epoll, 40));
      return [late, await wait(call, name, epoll, 0)];
    });
    expect(outcomes).toEqual([none, none]);
  });

  behaviour(waiters, 'EINVAL')('not at all for other descriptors', async () => {
    const outcomes = await everyWay(async (call, desk) => [
      await wait(call, name, desk.pipe()[0]),
      await wait(call, name, 99_999),
      await call(name, desk.keep(descriptors.epoll(desk.pipe()[0], POLLIN)), Buffer.alloc(16), 0),
    ]);
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[errno.EINVAL, errno.EBADF, errno.EINVAL],
    ]);
  });

  // A deliberate difference: Linux would wait on.
  behaviour(waiters, 'descriptor closed')('but ends with EBADF when it is closed', async () => {
    await ways.onDesk(async (desk) => {
      const epoll = desk.keep(descriptors.epoll(desk.pipe()[0], POLLIN));
      const pending = wait(ways.green, name, epoll);
      await stillWaits(pending);
      await ways.green('close', epoll);
      desk.forget(epoll);
      expect(await pending).toMatchObject({ result: -1, errno: errno.EBADF });
    });
  });
});
