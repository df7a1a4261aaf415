import { constants as osConstants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import {
  EPERM,
  ETIMEDOUT,
  elapsed,
  green,
  greenly,
  heldByGreen,
  locks,
  make,
  perform,
  unpatched,
  type Step,
} from './locks';

describe('a condition variable', () => {
  const kinds: [kind: string, timed: string][] = [
    ['cond', 'timedwait'],
    ['cond_monotonic', 'timedwait_monotonic'],
    ['cond', 'clockwait'],
  ];

  it.each(kinds)(
    'of kind %s: %s times out with the mutex held, and lets it go meanwhile',
    async (kind, wait) => {
      const [condition, mutex] = [make(kind), make('errorcheck')];
      const start = performance.now();
      const waiter = greenly(['lock', mutex], [wait, condition, mutex, 15], ['unlock', mutex]);
      expect(await greenly(['trylock', mutex], ['unlock', mutex])).toEqual([0, 0]);
      expect(await waiter).toEqual([0, ETIMEDOUT, 0]);
      expect(performance.now() - start).toBeGreaterThan(10);
    },
  );

  it('wakes one waiter for each signal, all for a broadcast, in the order in which they came', async () => {
    const [condition, mutex] = [make('cond'), make('normal')];
    const woken: number[] = [];
    let permits = 0; // a wait may return without a signal: pthread_cond_wait(3)
    const wait = (id: number) =>
      spawn(() => {
        perform('lock', mutex);
        while (permits === 0) expect(perform('wait', condition, mutex)).toBe(0);
        permits -= 1;
        woken.push(id);
        perform('unlock', mutex);
      });
    const waiters = [0, 1, 2, 3, 4].map(wait);
    permits = 1;
    perform('signal', condition);
    await delay(5);
    expect(woken).toEqual([0]);
    permits = 1;
    await green('signal', condition);
    await delay(5);
    expect(woken).toEqual([0, 1]);
    permits = 3;
    locks.join(locks.thread([['broadcast', condition]]));
    await Promise.all(waiters);
    expect(woken).toEqual([0, 1, 2, 3, 4]);
  });

  it('wakes a kernel thread that a green thread signals', async () => {
    const [condition, mutex, waits] = [make('cond'), make('normal'), make('sem')];
    const thread = locks.thread([
      ['lock', mutex],
      ['sem_post', waits],
      ['wait', condition, mutex],
      ['unlock', mutex],
    ]);
    expect(
      await greenly(['sem_wait', waits], ['lock', mutex], ['signal', condition], ['unlock', mutex]),
    ).toEqual([0, 0, 0, 0]);
    expect(await spawn(() => locks.join(thread))).toEqual([0, 0, 0, 0]);
  });

  it('returns now and then when it is code nobody redirects that signals', async () => {
    const [condition, mutex] = [make('cond'), make('normal')];
    const waiter = greenly(['lock', mutex], ['wait', condition, mutex], ['unlock', mutex]);
    unpatched.join(unpatched.thread([['signal', condition]]));
    expect(await waiter).toEqual([0, 0, 0]);
  });

  it('keeps a recursive mutex that is held twice, as libc does', async () => {
    const steps = (): Step[] => {
      const [condition, mutex] = [make('cond'), make('recursive')];
      return [
        ['lock', mutex],
        ['lock', mutex],
        ['timedwait', condition, mutex, 3],
        ['unlock', mutex],
        ['unlock', mutex],
        ['unlock', mutex],
      ];
    };
    const plain = locks.join(locks.thread(steps()));
    expect(await greenly(...steps())).toEqual(plain);
  });

  it('says EPERM for an error-checking mutex that is not held', async () => {
    const steps = (): Step[] => [['timedwait', make('cond'), make('errorcheck'), 3]];
    const plain = locks.join(locks.thread(steps()));
    expect(plain).toEqual([EPERM]);
    expect(await greenly(...steps())).toEqual(plain);
  });
});

describe('a semaphore', () => {
  it('is waited for, and times out', async () => {
    const semaphore = make('sem');
    const waiter = green('sem_wait', semaphore);
    await delay(5);
    expect(perform('sem_post', semaphore)).toBe(0);
    expect(await waiter).toBe(0);
    for (const timed of ['sem_timedwait', 'sem_clockwait']) {
      expect(
        await elapsed(async () => {
          expect(await green(timed, semaphore, null, 10)).toBe(ETIMEDOUT);
        }),
      ).toBeGreaterThan(8);
      expect(await greenly(['sem_post', semaphore], [timed, semaphore, null, 10])).toEqual([0, 0]);
    }
  });

  it.each([
    ['patched', locks],
    ['unpatched', unpatched],
  ] as const)(
    'is posted by kernel threads of %s code, once for each waiter',
    async (_name, addon) => {
      const semaphore = make('sem');
      const waiters = Array.from({ length: 20 }, () => green('sem_wait', semaphore));
      addon.join(addon.thread(Array.from({ length: 20 }, (): Step => ['sem_post', semaphore])));
      expect(await Promise.all(waiters)).toEqual(Array(20).fill(0));
      expect(await green('sem_trywait', semaphore)).toBe(osConstants.errno.EAGAIN);
    },
  );

  it('posted by a green thread, lets a kernel thread through', async () => {
    const semaphore = make('sem');
    const thread = locks.thread([['sem_wait', semaphore]]);
    await green('sem_post', semaphore);
    expect(await spawn(() => locks.join(thread))).toEqual([0]);
  });
});

it('a spin lock that another green thread holds is waited for', async () => {
  const lock = make('spin');
  const holder = heldByGreen(lock, 'spin_lock', 'spin_unlock');
  const waiter = greenly(['spin_lock', lock], ['spin_unlock', lock]);
  expect(await holder.letGo()).toEqual([0, 0, 0]);
  expect(await waiter).toEqual([0, 0]);
});
