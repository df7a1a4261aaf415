import { setTimeout as delay } from 'node:timers/promises';
import { sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import {
  errno,
  checkingKinds,
  elapsed,
  green,
  greenly,
  heldByGreen,
  heldByThread,
  inChild,
  locks,
  make,
  mutexKinds,
  ownedKinds,
  perform,
  recursiveKinds,
  unpatched,
  type Lock,
  type Step,
} from './locks';

describe.each(mutexKinds)('a %s mutex between green threads', (kind) => {
  behaviour('pthread_mutex_unlock', 'waiters wake')(
    'lets one in, and the others in the order in which they came',
    async () => {
      const mutex = make(kind);
      const order: number[] = [];
      let inside = 0;
      const enter = (id: number) =>
        spawn(() => {
          expect(perform('lock', mutex)).toBe(0);
          expect((inside += 1)).toBe(1);
          sleep(3);
          inside -= 1;
          order.push(id);
          expect(perform('unlock', mutex)).toBe(0);
        });
      await Promise.all([0, 1, 2, 3, 4].map(enter));
      expect(order).toEqual([0, 1, 2, 3, 4]);
    },
  );

  behaviour('pthread_mutex_trylock', 'EBUSY')(
    'is busy for trylock, and times out for the timed forms',
    async () => {
      const mutex = make(kind);
      const holder = heldByGreen(mutex);
      expect(await green('trylock', mutex)).toBe(errno.EBUSY);
      for (const timed of ['timedlock', 'clocklock']) {
        expect(
          await elapsed(async () => {
            expect(await green(timed, mutex, null, 10)).toBe(errno.ETIMEDOUT);
          }),
        ).toBeGreaterThan(8);
      }
      const waiter = greenly(['timedlock', mutex, null, 10_000], ['unlock', mutex]);
      expect(await holder.letGo()).toEqual([0, 0, 0]);
      expect(await waiter).toEqual([0, 0]);
    },
  );

  it.each([
    ['patched', locks],
    ['unpatched', unpatched],
  ] as const)('waits for a kernel thread of %s code', async (_name, addon) => {
    const mutex = make(kind);
    const holder = await heldByThread(addon, mutex);
    expect(await green('trylock', mutex)).toBe(errno.EBUSY);
    expect(await green('timedlock', mutex, null, 2)).toBe(errno.ETIMEDOUT);
    const waiter = greenly(['lock', mutex], ['unlock', mutex]);
    expect(await holder.letGoSoon()).toEqual([0, 0, 0, 0]);
    expect(await waiter).toEqual([0, 0]);
  });

  it('keeps kernel threads out while a green thread holds it', async () => {
    const [mutex, tried] = [make(kind), make('sem')];
    const holder = heldByGreen(mutex);
    const thread = locks.thread([
      ['trylock', mutex],
      ['sem_post', tried],
      ['lock', mutex],
      ['unlock', mutex],
    ]);
    expect(await green('sem_wait', tried)).toBe(0);
    expect(await holder.letGoSoon()).toEqual([0, 0, 0]);
    expect(await spawn(() => locks.join(thread))).toEqual([errno.EBUSY, 0, 0, 0]);
  });

  it('held by a green thread, let go in unpatched code: whoever waits gets it', async () => {
    const mutex = make(kind);
    const [waiter] = await spawn(() => {
      perform('lock', mutex);
      const waiting = greenly(['lock', mutex], ['unlock', mutex]);
      unpatched.perform('unlock', mutex);
      return [waiting];
    });
    expect(await waiter).toEqual([0, 0]);
  });

  it('is free again when nobody holds it', async () => {
    const mutex = make(kind);
    await heldByGreen(mutex).letGo();
    expect([perform('trylock', mutex), perform('unlock', mutex)]).toEqual([0, 0]);
    expect(await greenly(['trylock', mutex], ['unlock', mutex])).toEqual([0, 0]);
  });

  it('held by a green thread, is got by the loop stack, which runs the others meanwhile', async () => {
    const { stdout } = await inChild(`
      const [mutex, gate] = [make('${kind}'), make('sem')];
      spawn(() => {
        perform('lock', mutex);
        perform('sem_wait', gate);
        perform('unlock', mutex);
        console.log('let go');
      });
      console.log('trylock', perform('trylock', mutex));
      console.log('timedlock', perform('timedlock', mutex, null, 2));
      spawn(() => { sleep(5); console.log('another thread runs'); perform('sem_post', gate); });
      console.log('lock', perform('lock', mutex));
      console.log('unlock', perform('unlock', mutex));
    `);
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      `trylock ${errno.EBUSY}`,
      `timedlock ${errno.ETIMEDOUT}`,
      'another thread runs',
      'let go',
      'lock 0',
      'unlock 0',
    ]);
  });

  it('held by the loop stack, is waited for by green threads', async () => {
    const mutex = make(kind);
    expect(perform('lock', mutex)).toBe(0);
    expect(await greenly(['trylock', mutex], ['timedlock', mutex, null, 3])).toEqual([
      errno.EBUSY,
      errno.ETIMEDOUT,
    ]);
    const waiter = greenly(['lock', mutex], ['unlock', mutex]);
    await delay(5);
    expect(perform('unlock', mutex)).toBe(0);
    expect(await waiter).toEqual([0, 0]);
  });
});

describe('who owns a mutex', () => {
  behaviour(['pthread_mutex_lock', 'pthread_mutex_trylock'], 'recursion').each(recursiveKinds)(
    '%s: its owner gets in again, nobody else until the last unlock',
    async (kind) => {
      const mutex = make(kind);
      const owner = greenly(
        ['lock', mutex],
        ['trylock', mutex],
        ['timedlock', mutex, null, 1],
        ['usleep', null, null, 5],
        ['unlock', mutex],
        ['unlock', mutex],
        ['usleep', null, null, 5],
        ['unlock', mutex],
        ['unlock', mutex],
      );
      const other = greenly(['trylock', mutex], ['lock', mutex], ['unlock', mutex]);
      expect(await owner).toEqual([0, 0, 0, 0, 0, 0, 0, 0, errno.EPERM]);
      expect(await other).toEqual([errno.EBUSY, 0, 0]);
    },
  );

  behaviour('pthread_mutex_lock', 'EDEADLK').each(checkingKinds)(
    '%s: errno.EDEADLK for the owner, at once',
    async (kind) => {
      const mutex = make(kind);
      expect(
        await greenly(
          ['lock', mutex],
          ['lock', mutex],
          ['timedlock', mutex, null, 5],
          ['unlock', mutex],
        ),
      ).toEqual([0, errno.EDEADLK, errno.EDEADLK, 0]);
    },
  );

  it.each(mutexKinds)('%s: trylock by the owner is as in a kernel thread', async (kind) => {
    const steps = (mutex: Lock): Step[] => [
      ['lock', mutex],
      ['trylock', mutex],
      ['unlock', mutex],
    ];
    const plain = locks.join(locks.thread(steps(make(kind))));
    expect(await greenly(...steps(make(kind)))).toEqual(plain);
  });

  behaviour('pthread_mutex_unlock', 'EPERM').each(ownedKinds)(
    '%s: errno.EPERM for a green thread that does not hold it',
    async (kind) => {
      const mutex = make(kind);
      expect(await green('unlock', mutex)).toBe(errno.EPERM);
      const holder = heldByGreen(mutex);
      expect(await green('unlock', mutex)).toBe(errno.EPERM);
      expect(perform('unlock', mutex), 'the loop stack').toBe(errno.EPERM);
      expect(locks.join(locks.thread([['unlock', mutex]])), 'a kernel thread').toEqual([
        errno.EPERM,
      ]);
      expect(await holder.letGo()).toEqual([0, 0, 0]);

      expect(perform('lock', mutex)).toBe(0);
      expect(await green('unlock', mutex), 'held by the loop stack').toBe(errno.EPERM);
      expect(perform('unlock', mutex)).toBe(0);

      const kernelThread = await heldByThread(locks, mutex);
      expect(await green('unlock', mutex), 'held by a kernel thread').toBe(errno.EPERM);
      expect(await kernelThread.letGo()).toEqual([0, 0, 0, 0]);
    },
  );

  behaviour('pthread_mutex_lock', 'EOWNERDEAD')(
    'robust: errno.EOWNERDEAD after a kernel thread has died with it, and then it works again',
    async () => {
      const mutex = make('robust');
      expect(locks.join(locks.thread([['lock', mutex]]))).toEqual([0]);
      expect(await greenly(['lock', mutex], ['consistent', mutex], ['unlock', mutex])).toEqual([
        errno.EOWNERDEAD,
        0,
        0,
      ]);
      expect(await greenly(['trylock', mutex], ['unlock', mutex])).toEqual([0, 0]);
    },
  );

  it('robust and between processes: whoever runs on the kernel thread that has it lets go', async () => {
    const mutex = make('robust_shared');
    expect(await green('lock', mutex)).toBe(0);
    const waiter = greenly(['lock', mutex], ['unlock', mutex]);
    expect(await green('unlock', mutex), 'held by another green thread').toBe(0);
    expect(await waiter).toEqual([0, 0]);

    expect(await green('lock', mutex)).toBe(0);
    expect(perform('unlock', mutex), 'the loop stack').toBe(0);
    expect(perform('lock', mutex)).toBe(0);
    expect(await green('unlock', mutex), 'held by the loop stack').toBe(0);

    const kernelThread = await heldByThread(locks, mutex);
    expect(await green('unlock', mutex), 'held by a kernel thread').toBe(errno.EPERM);
    expect(await kernelThread.letGo()).toEqual([0, 0, 0, 0]);
    expect(await green('unlock', mutex), 'nobody has it').toBe(errno.EPERM);
    expect(await greenly(['lock', mutex], ['unlock', mutex])).toEqual([0, 0]);
  });

  it('robust: a green thread that waits is told of the death', async () => {
    const mutex = make('robust');
    const taken = make('sem');
    const thread = locks.thread([
      ['lock', mutex],
      ['sem_post', taken],
      ['usleep', null, null, 10],
    ]);
    await green('sem_wait', taken);
    expect(await greenly(['lock', mutex], ['consistent', mutex], ['unlock', mutex])).toEqual([
      errno.EOWNERDEAD,
      0,
      0,
    ]);
    locks.join(thread);
  });

  it('a normal mutex that a kernel thread unlocks for a green one is free', async () => {
    const { stdout } = await inChild(`
      const mutex = make('normal');
      spawn(() => {
        perform('lock', mutex);
        join(thread([['unlock', mutex]]));
        spawn(() => console.log(perform('lock', mutex), perform('unlock', mutex)));
      });
    `);
    expect(stdout).toBe('0 0\n');
  });
});
