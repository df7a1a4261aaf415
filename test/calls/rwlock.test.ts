import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import {
  errno,
  green,
  greenly,
  heldByGreen,
  heldByThread,
  inChild,
  locks,
  make,
  perform,
  unpatched,
  type Step,
} from './locks';

describe('a read-write lock', () => {
  behaviour(['pthread_rwlock_tryrdlock', 'pthread_rwlock_trywrlock'], 'EBUSY')(
    'lets readers in together, writers alone',
    async () => {
      const lock = make('rwlock');
      const readers = [
        heldByGreen(lock, 80, 'rdlock', 'rwunlock'),
        heldByGreen(lock, 80, 'rdlock', 'rwunlock'),
      ];
      expect(await greenly(['tryrdlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
      expect(await green('trywrlock', lock)).toBe(errno.EBUSY);
      expect(await green('timedwrlock', lock, null, 2)).toBe(errno.ETIMEDOUT);
      expect(await green('clockwrlock', lock, null, 2)).toBe(errno.ETIMEDOUT);
      const writer = heldByGreen(lock, 80, 'wrlock', 'rwunlock');
      expect(await Promise.all(readers)).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      await delay(3);
      expect(await green('tryrdlock', lock)).toBe(errno.EBUSY);
      expect(await green('timedrdlock', lock, null, 2)).toBe(errno.ETIMEDOUT);
      expect(await green('clockrdlock', lock, null, 2)).toBe(errno.ETIMEDOUT);
      expect(await greenly(['rdlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
      expect(await writer).toEqual([0, 0, 0]);
    },
  );

  it('tells its writer of a deadlock with itself', async () => {
    const lock = make('rwlock');
    const steps: Step[] = [
      ['wrlock', lock],
      ['wrlock', lock],
      ['rdlock', lock],
      ['trywrlock', lock],
      ['tryrdlock', lock],
      ['rwunlock', lock],
    ];
    const plain = locks.join(locks.thread(steps));
    expect(plain).toEqual([0, errno.EDEADLK, errno.EDEADLK, errno.EBUSY, errno.EBUSY, 0]);
    expect(await greenly(...steps)).toEqual(plain);
  });

  it.each(['rdlock', 'wrlock'])('waits for kernel threads that hold it by %s', async (take) => {
    const lock = make('rwlock');
    const thread = await heldByThread(unpatched, lock, 10, take, 'rwunlock');
    expect(
      await greenly(['wrlock', lock], ['rwunlock', lock], ['rdlock', lock], ['rwunlock', lock]),
    ).toEqual([0, 0, 0, 0]);
    unpatched.join(thread);
  });

  it.each([
    ['wrlock', 'rdlock'],
    ['wrlock', 'wrlock'],
    ['rdlock', 'wrlock'],
    ['wrlock', 'timedwrlock'],
    ['rdlock', 'timedwrlock'],
  ])('held by a green thread by %s, is got by the loop stack by %s', async (held, wanted) => {
    const { stdout } = await inChild(`
      const lock = make('rwlock');
      spawn(() => {
        perform('${held}', lock);
        sleep(100);
        perform('rwunlock', lock);
        console.log('let go');
      });
      console.log(perform('timedwrlock', lock, null, 2));
      console.log(perform('${wanted}', lock, null, 10000), perform('rwunlock', lock));
    `);
    expect(stdout).toBe(`${errno.ETIMEDOUT}\nlet go\n0 0\n`);
  });

  it('read by the loop stack and a green thread, is free when both have let go', async () => {
    const lock = make('rwlock');
    const reader = heldByGreen(lock, 5, 'rdlock', 'rwunlock');
    expect([perform('rdlock', lock), perform('rwunlock', lock)]).toEqual([0, 0]);
    expect(await green('trywrlock', lock)).toBe(errno.EBUSY);
    expect(await reader).toEqual([0, 0, 0]);
    expect(await greenly(['trywrlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
  });
});
