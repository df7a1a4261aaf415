import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { runCommonJs } from '../support/child';
import { fixturePath } from '../support/fixtures';
import { behaviour } from './behaviour';
import { descriptorSet, signalSet } from './structures';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, green, type Desk, type Outcome } from './ways';

const SIGUSR2 = 12;
const { POLLIN } = constants;
const write = ways.originalCalls['write']!;

/** A call that waits, and what ends its wait. */
type Begin = (desk: Desk, name: string) => { pending: Promise<Outcome>; finish: () => unknown };

const big = ways.pattern(300_000);
const event = (): Buffer => Buffer.alloc(16);

const reading: Begin = (desk, name) => {
  const [here, there] = desk.socketpair();
  const size = name === 'readv' ? [10] : 10;
  return { pending: green(name, here, size, 0), finish: () => write(there, bytes('x')) };
};
const writing: Begin = (desk, name) => {
  const [here, there] = desk.socketpair();
  const data = name === 'writev' ? [big] : big;
  const finish = () => ways.drain(there, big.length);
  return { pending: green(name, here, data, 0, null), finish };
};

const multiplexed = (call: (from: number) => Promise<Outcome>): Begin => {
  return (desk) => {
    const [from, to] = desk.pipe();
    return { pending: call(from), finish: () => write(to, bytes('x')) };
  };
};
const epoll = (fd: number): number => descriptors.epoll(fd, POLLIN);

const waiting: Record<string, Begin> = {
  ...Object.fromEntries(['read', 'readv', 'recv', 'recvfrom', 'recvmsg'].map((n) => [n, reading])),
  ...Object.fromEntries(['write', 'writev', 'send', 'sendto', 'sendmsg'].map((n) => [n, writing])),
  poll: multiplexed((fd) => green('poll', [{ fd, events: POLLIN }], -1)),
  ppoll: multiplexed((fd) => green('ppoll', [{ fd, events: POLLIN }], null, null)),
  select: multiplexed((fd) => green('select', 1024, descriptorSet([fd]), null, null, null)),
  pselect: multiplexed((fd) => green('pselect', 1024, descriptorSet([fd]), null, null, null, null)),
  epoll_wait: multiplexed((fd) => green('epoll_wait', epoll(fd), event(), 1, -1)),
  epoll_pwait: multiplexed((fd) => green('epoll_pwait', epoll(fd), event(), 1, -1, null)),
  epoll_pwait2: multiplexed((fd) => green('epoll_pwait2', epoll(fd), event(), 1, null, null)),
};

// signal(7): a call is interrupted by a handler that runs on *its* thread. A green thread that
// waits is on no kernel thread, so nothing ends its wait early.
behaviour(
  [
    ...['read', 'readv', 'write', 'writev'],
    ...['recv', 'recvfrom', 'recvmsg', 'send', 'sendto', 'sendmsg'],
    ...['poll', 'ppoll', 'select', 'pselect', 'epoll_wait', 'epoll_pwait', 'epoll_pwait2'],
  ],
  'EINTR',
)('a signal of the loop thread interrupts no green wait', async () => {
  await ways.onDesk(async (desk) => {
    const begun = Object.entries(waiting).map(([name, begin]) => begin(desk, name));
    const outcomes = begun.map(({ pending }) => pending);
    descriptors.interrupt(SIGUSR2, 2);
    await delay(20);
    await ways.stillWaits(Promise.race(outcomes));
    for (const { finish } of begun) await finish();
    const ended = await Promise.all(outcomes);
    expect(ended.map((outcome) => outcome.errno)).toEqual(begun.map(() => 0));
    expect(ended.every(({ result }) => result > 0)).toBe(true);
  });
});

describe('a signal that the caller blocks', () => {
  const masked: Record<string, (fd: number, mask: Buffer, signals: number[]) => Promise<Outcome>> =
    {
      ppoll: (fd, _mask, signals) => green('ppoll', [{ fd, events: POLLIN }], null, signals),
      pselect: (fd, mask) => green('pselect', 1024, descriptorSet([fd]), null, null, null, mask),
      epoll_pwait: (fd, mask) => green('epoll_pwait', epoll(fd), event(), 1, -1, mask),
      epoll_pwait2: (fd, mask) => green('epoll_pwait2', epoll(fd), event(), 1, null, mask),
    };

  behaviour(['ppoll', 'pselect', 'epoll_pwait', 'epoll_pwait2'], 'signal mask')(
    'ends the call whose mask lets it through, and is delivered',
    async () => {
      for (const [name, call] of Object.entries(masked)) {
        await ways.onDesk(async (desk) => {
          const [from] = desk.pipe();
          descriptors.block(SIGUSR2, true);
          const deaf = call(from, signalSet(SIGUSR2), [SIGUSR2]);
          const listening = call(from, signalSet(), []);
          descriptors.interrupt(SIGUSR2, 2);
          expect(await listening, name).toMatchObject({ result: -1, errno: errno.EINTR });
          await ways.stillWaits(deaf);
          const pending = descriptors.isPending(SIGUSR2);
          descriptors.block(SIGUSR2, false);
          expect(pending, `${name}: delivered`).toBe(false);
          await ways.green('close', from);
          desk.forget(from);
          if (name.startsWith('epoll')) return; // it waits for its epoll descriptor, without end
          await deaf;
        });
      }
    },
  );
});

const writers = ['write', 'writev', 'send', 'sendto', 'sendmsg'] as const;

describe('SIGPIPE', () => {
  behaviour(writers, 'SIGPIPE')('is delivered as the kernel does', async () => {
    const path = JSON.stringify(fixturePath('calls'));
    const { stdout, stderr } = await runCommonJs(`
      const { patchLib, spawn } = require('greenify');
      patchLib(${path}, { socket: true });
      const calls = require(${path});
      const descriptors = require(${JSON.stringify(fixturePath('descriptors'))});
      let signals = 0;
      process.on('SIGPIPE', () => (signals += 1));
      const turn = () => new Promise((resolve) => setTimeout(resolve, 20));
      const data = Buffer.from('x');
      const shapes = { write: [data], writev: [[data]], send: [data, 0],
        sendto: [data, 0, null], sendmsg: [data, 0, null] };
      const ways = {
        plain: (name, ...args) => calls.thread[name](...args),
        green: (name, ...args) => spawn(() => calls[name](...args)),
      };
      (async () => {
        for (const [way, call] of Object.entries(ways)) {
          const seen = [];
          for (const [name, args] of Object.entries(shapes)) {
            const [here, there] = descriptors.socketpair();
            calls.close(there);
            signals = 0;
            const { errno } = await call(name, here, ...args);
            await turn();
            seen.push(signals, errno);
          }
          signals = 0;
          const [here, there] = descriptors.socketpair();
          calls.close(there);
          await call('send', here, data, ${constants.MSG_NOSIGNAL});
          await turn();
          console.log(way, ...seen, 'without', signals);
        }
      })();`);
    const each = writers.map(() => `1 ${errno.EPIPE}`).join(' ');
    expect([stdout, stderr]).toEqual([`plain ${each} without 0\ngreen ${each} without 0\n`, '']);
  });
});
