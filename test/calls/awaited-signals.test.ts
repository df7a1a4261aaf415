import { constants as osConstants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { native } from '../../dist/native.js';
import { runCommonJs } from '../support/child';
import { behaviour } from './behaviour';
import { signalSet, time } from './structures';
import * as ways from './ways';
import { calls, descriptors, errno, green, stillWaits, waitsFor, type Outcome } from './ways';

const [SIGUSR1, SIGUSR2, SIGCHLD] = [10, 12, 17];
/** For which nobody has a handler. */
const REAL_TIME = 40;
const failed = (error: number): Outcome => ({ result: -1, errno: error });
const taking = ['sigwait', 'sigwaitinfo', 'sigtimedwait'] as const;

/** What a call has taken: the signal, and what is known of it. */
interface Taken {
  signal: number;
  code?: number;
  errno: number;
}

/** Takes a signal of a set by each function's own arguments. */
async function take(name: string, ...signals: number[]): Promise<Taken> {
  const set = signalSet(...signals);
  if (name === 'sigwait') {
    const signal = Buffer.alloc(4);
    const outcome = await green(name, set, signal);
    return { signal: outcome.result === 0 ? signal.readInt32LE() : -1, errno: outcome.errno };
  }
  const info = Buffer.alloc(128);
  const outcome = await green(name, set, info, null);
  return { signal: outcome.result, code: info.readInt32LE(8), errno: outcome.errno };
}

/** With signals blocked by the loop thread, as whoever waits for them has to. */
async function blocking<T>(signals: number[], play: () => Promise<T>): Promise<T> {
  for (const signal of signals) descriptors.block(signal, true);
  try {
    return await play();
  } finally {
    for (const signal of signals) descriptors.block(signal, false);
  }
}

describe.each(taking)('%s', (name) => {
  behaviour(taking, ['signal of the thread', 'pending'])(
    'takes a signal that is sent to the loop thread, or has been',
    async () => {
      const taken = await blocking([SIGUSR1, SIGUSR2], async () => {
        const pending = take(name, SIGUSR1, SIGUSR2);
        await stillWaits(pending);
        descriptors.interrupt(SIGUSR2, 0);
        const first = await pending;
        descriptors.interrupt(SIGUSR1, 0);
        while (!descriptors.isPending(SIGUSR1)) await delay(1);
        return [first, await take(name, SIGUSR1, SIGUSR2)];
      });
      expect(taken.map(({ signal }) => signal)).toEqual([SIGUSR2, SIGUSR1]);
      expect(taken.map((outcome) => outcome.errno)).toEqual([0, 0]);
    },
  );

  // Other threads of Node do not block it: it would end the process.
  behaviour(taking, 'signal of the process')(
    'takes a signal that is sent to the process, whichever thread the kernel gives it to',
    async () => {
      const taken = await blocking([REAL_TIME], async () => {
        const pending = take(name, REAL_TIME);
        await stillWaits(pending);
        process.kill(process.pid, REAL_TIME);
        return pending;
      });
      expect(taken).toMatchObject({ signal: REAL_TIME, errno: 0 });
      if (name !== 'sigwait') expect(taken.code, 'SI_USER').toBe(0);
    },
  );

  behaviour(taking, 'not blocked')(
    'really waits for signals that the loop thread does not block',
    async () => {
      const before = native.counters()?.pins ?? 0;
      descriptors.interrupt(SIGUSR2, 20);
      expect(await take(name, SIGUSR2)).toMatchObject({ signal: SIGUSR2, errno: 0 });
      expect(native.counters()?.pins).toBe(before + 1);
    },
  );

  it('leaves signals to those who wait for others', async () => {
    const taken = await blocking([SIGUSR1, SIGUSR2], async () => {
      const both = [take(name, SIGUSR1), take(name, SIGUSR2), take(name, SIGUSR2)];
      await stillWaits(Promise.race(both));
      for (const signal of [SIGUSR2, SIGUSR1] as const) process.kill(process.pid, signal);
      await both[0];
      await Promise.race(both.slice(1));
      process.kill(process.pid, SIGUSR2);
      return Promise.all(both);
    });
    expect(taken.map(({ signal }) => signal)).toEqual([SIGUSR1, SIGUSR2, SIGUSR2]);
  });
});

behaviour('sigtimedwait', ['timeout', 'timeout 0', 'EINVAL'])(
  'sigtimedwait waits until a time',
  async () => {
    const wait = (limit: Buffer) => green('sigtimedwait', signalSet(SIGUSR2), null, limit);
    await blocking([SIGUSR2], async () => {
      expect(await waitsFor(50, () => wait(time(0, 5e7)))).toEqual(failed(errno.EAGAIN));
      expect(await wait(time(0))).toEqual(failed(errno.EAGAIN));
      expect(await wait(time(0, 1e9))).toEqual(failed(errno.EINVAL));
      descriptors.interrupt(SIGUSR2, 20);
      expect(await wait(time(30))).toEqual({ result: SIGUSR2, errno: 0 });
    });
  },
);

describe('the handlers of others', () => {
  it('are not run for what is taken, and are there again', async () => {
    let handled = 0;
    const count = (): number => (handled += 1);
    process.on('SIGUSR2', count);
    try {
      const taken = await blocking([SIGUSR2], async () => {
        const pending = take('sigwaitinfo', SIGUSR2);
        await stillWaits(pending);
        process.kill(process.pid, 'SIGUSR2');
        return pending;
      });
      expect(taken.signal).toBe(SIGUSR2);
      process.kill(process.pid, 'SIGUSR2');
      while (handled < 1) await delay(1);
    } finally {
      process.off('SIGUSR2', count);
    }
    expect(handled).toBe(1);
  });

  // libuv has a handler while there are such children.
  it('and children of Node are waited for as ever', async () => {
    await blocking([SIGCHLD], async () => {
      const pending = take('sigwait', SIGCHLD);
      const { stdout } = await runCommonJs('setTimeout(() => console.log("done"), 500)');
      expect(stdout).toBe('done\n');
      expect(await pending).toMatchObject({ signal: SIGCHLD });
    });
  });
});

const suspending = ['sigsuspend', 'sigpause', '__xpg_sigpause', '__sigpause'] as const;

describe('a wait for a handler', () => {
  const shapes: Record<string, unknown[]> = {
    sigsuspend: [signalSet()],
    sigpause: [0],
    __xpg_sigpause: [SIGUSR2],
    __sigpause: [SIGUSR2, 1],
  };

  behaviour(suspending, 'blocked signal').each(suspending)(
    '%s lets a blocked signal in, of the thread and of the process',
    async (name) => {
      let handled = 0;
      const count = (): number => (handled += 1);
      process.on('SIGUSR2', count);
      try {
        await blocking([SIGUSR2], async () => {
          for (const send of [
            () => ways.originalCalls['raise']!(SIGUSR2),
            () => process.kill(process.pid, 'SIGUSR2'),
          ]) {
            const pending = green(name, ...shapes[name]!);
            await stillWaits(pending);
            const before = handled;
            send();
            expect(await pending, name).toEqual(failed(errno.EINTR));
            while (handled === before) await delay(1);
            expect(handled).toBe(before + 1);
            expect(descriptors.isPending(SIGUSR2)).toBe(false);
          }
        });
      } finally {
        process.off('SIGUSR2', count);
      }
    },
  );

  behaviour('sigsuspend', 'pinned')(
    'sigsuspend really waits where it lets in nothing that is blocked',
    async () => {
      const before = native.counters()?.pins ?? 0;
      descriptors.interrupt(SIGUSR2, 20);
      expect(await green('sigsuspend', signalSet())).toEqual(failed(errno.EINTR));
      expect(native.counters()?.pins).toBe(before + 1);
    },
  );

  behaviour('pause', 'pinned')('pause really waits', async () => {
    const before = native.counters()?.pins ?? 0;
    descriptors.interrupt(SIGUSR2, 20);
    expect(await green('pause')).toEqual(failed(errno.EINTR));
    expect(native.counters()?.pins).toBe(before + 1);
  });
});

it('a wait for signals can be cancelled', async () => {
  const { ECANCELED } = osConstants.errno;
  const outcomes = await blocking([SIGUSR2], () =>
    Promise.all(
      ['sigwait', 'sigwaitinfo', 'sigsuspend'].map((name) => {
        const mask = name === 'sigsuspend' ? signalSet() : signalSet(SIGUSR2);
        const thread = spawn(() => calls[name]!(mask, Buffer.alloc(128)));
        thread.cancel();
        return thread;
      }),
    ),
  );
  expect(outcomes).toEqual([{ result: ECANCELED, errno: 0 }, failed(ECANCELED), failed(ECANCELED)]);
});
