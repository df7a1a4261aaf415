import { spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
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
  behaviour(['close', 'dup2', 'dup3'], 'waiters wake').each(Object.keys(closers))(
    'wake the waiters with EBADF: %s',
    async (closer) => {
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
    },
  );

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

  behaviour('shutdown', 'waiters wake')('shutdown wakes readers and writers', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here] = desk.tcp();
      const reader = call('read', here, 10);
      const poller = call('poll', [{ fd: here, events: constants.POLLIN }], -1);
      await stillWaits(Promise.race([reader, poller]));
      await call('shutdown', here, constants.SHUT_RD);
      return Promise.all([reader, poller]);
    });
    expect(outcomes.map(({ result }) => result)).toEqual([0, 1]);
  });

  // socket(7), SO_LINGER: the peer takes nothing, so nothing can be sent before the time is over.
  behaviour('close', 'SO_LINGER')('close waits for data to be sent, aside', async () => {
    await everyWay(async (call, desk) => {
      const [here] = desk.tcp();
      descriptors.setLinger(here, 1);
      await call('send', here, ways.pattern(8_000_000), constants.MSG_DONTWAIT);
      desk.forget(here);
      return waitsFor(900, () => call('close', here));
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
