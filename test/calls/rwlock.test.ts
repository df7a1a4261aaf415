import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  EBUSY,
  EDEADLK,
  ETIMEDOUT,
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
  it('lets readers in together, writers alone', async () => {
    const lock = make('rwlock');
    const readers = [1, 2].map(() => heldByGreen(lock, 'rdlock', 'rwunlock'));
    expect(await greenly(['tryrdlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
    expect(await green('trywrlock', lock)).toBe(EBUSY);
    expect(await green('timedwrlock', lock, null, 2)).toBe(ETIMEDOUT);
    expect(await green('clockwrlock', lock, null, 2)).toBe(ETIMEDOUT);
    const writer = heldByGreen(lock, 'wrlock', 'rwunlock');
    expect(await Promise.all(readers.map((reader) => reader.letGo()))).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    await delay(3);
    expect(await green('tryrdlock', lock)).toBe(EBUSY);
    expect(await green('timedrdlock', lock, null, 2)).toBe(ETIMEDOUT);
    expect(await green('clockrdlock', lock, null, 2)).toBe(ETIMEDOUT);
    const reader = greenly(['rdlock', lock], ['rwunlock', lock]);
    expect(await writer.letGo()).toEqual([0, 0, 0]);
    expect(await reader).toEqual([0, 0]);
  });

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
    expect(plain).toEqual([0, EDEADLK, EDEADLK, EBUSY, EBUSY, 0]);
    expect(await greenly(...steps)).toEqual(plain);
  });

  it.each(['rdlock', 'wrlock'])('waits for kernel threads that hold it by %s', async (take) => {
    const lock = make('rwlock');
    const holder = await heldByThread(unpatched, lock, take, 'rwunlock');
    const waiter = greenly(
      ['wrlock', lock],
      ['rwunlock', lock],
      ['rdlock', lock],
      ['rwunlock', lock],
    );
    expect(await holder.letGoSoon()).toEqual([0, 0, 0, 0]);
    expect(await waiter).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['wrlock', 'rdlock'],
    ['wrlock', 'wrlock'],
    ['rdlock', 'wrlock'],
    ['wrlock', 'timedwrlock'],
    ['rdlock', 'timedwrlock'],
  ])('held by a green thread by %s, is got by the loop stack by %s', async (held, wanted) => {
    const { stdout } = await inChild(`
      const [lock, gate] = [make('rwlock'), make('sem')];
      spawn(() => {
        perform('${held}', lock);
        perform('sem_wait', gate);
        perform('rwunlock', lock);
        console.log('let go');
      });
      console.log(perform('timedwrlock', lock, null, 2));
      spawn(() => { sleep(5); perform('sem_post', gate); });
      console.log(perform('${wanted}', lock, null, 10000), perform('rwunlock', lock));
    `);
    expect(stdout).toBe(`${ETIMEDOUT}\nlet go\n0 0\n`);
  });

  it('read by the loop stack and a green thread, is free when both have let go', async () => {
    const lock = make('rwlock');
    const reader = heldByGreen(lock, 'rdlock', 'rwunlock');
    expect([perform('rdlock', lock), perform('rwunlock', lock)]).toEqual([0, 0]);
    expect(await green('trywrlock', lock)).toBe(EBUSY);
    expect(await reader.letGo()).toEqual([0, 0, 0]);
    expect(await greenly(['trywrlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
  });
});
