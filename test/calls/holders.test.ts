/** Every lock, held by each who can hold one, is waited for while the loop turns. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import {
  errno,
  elapsed,
  green,
  greenly,
  heldByGreen,
  heldByThread,
  make,
  perform,
  thrd,
  unpatched,
  type Step,
} from './locks';

interface Taken {
  /** The kind of lock, who holds it how, and how it is taken and released. */
  kind: string;
  hold: string;
  take: string;
  release: string;
}

const mutex = (take: string): Taken => ({ kind: 'normal', hold: 'lock', take, release: 'unlock' });
const rwlock = (take: string): Taken => {
  return { kind: 'rwlock', hold: 'wrlock', take, release: 'rwunlock' };
};
const mtx = (take: string): Taken => ({
  kind: 'mtx',
  hold: 'mtx_lock',
  take,
  release: 'mtx_unlock',
});

const locks: Record<string, Taken> = {
  pthread_mutex_lock: mutex('lock'),
  pthread_mutex_timedlock: mutex('timedlock'),
  pthread_mutex_clocklock: mutex('clocklock'),
  pthread_rwlock_rdlock: rwlock('rdlock'),
  pthread_rwlock_timedrdlock: rwlock('timedrdlock'),
  pthread_rwlock_clockrdlock: rwlock('clockrdlock'),
  pthread_rwlock_wrlock: rwlock('wrlock'),
  pthread_rwlock_timedwrlock: rwlock('timedwrlock'),
  pthread_rwlock_clockwrlock: rwlock('clockwrlock'),
  mtx_lock: mtx('mtx_lock'),
  mtx_timedlock: mtx('mtx_timedlock'),
  pthread_spin_lock: { kind: 'spin', hold: 'spin_lock', take: 'spin_lock', release: 'spin_unlock' },
};
const posix = [
  ...['pthread_mutex_lock', 'pthread_mutex_timedlock', 'pthread_mutex_clocklock'],
  ...['pthread_rwlock_rdlock', 'pthread_rwlock_timedrdlock', 'pthread_rwlock_clockrdlock'],
  ...['pthread_rwlock_wrlock', 'pthread_rwlock_timedwrlock', 'pthread_rwlock_clockwrlock'],
] as const;
const limited = [
  ...['pthread_mutex_timedlock', 'pthread_mutex_clocklock', 'pthread_rwlock_timedrdlock'],
  ...['pthread_rwlock_clockrdlock', 'pthread_rwlock_timedwrlock', 'pthread_rwlock_clockwrlock'],
  'mtx_timedlock',
] as const;

const PATIENT = 10_000;
const taking = ({ take, release }: Taken, lock: object): Step[] => [
  [take, lock, null, PATIENT],
  [release, lock],
];

describe.each(Object.keys(locks))('%s waits for a lock', (name) => {
  const how = locks[name]!;

  behaviour([...posix, 'mtx_lock', 'mtx_timedlock', 'pthread_spin_lock'], 'held by a green thread')(
    'that a green thread holds',
    async () => {
      const lock = make(how.kind);
      const holder = heldByGreen(lock, how.hold, how.release);
      const waiter = greenly(...taking(how, lock));
      expect(await holder.letGoSoon()).toEqual([0, 0, 0]);
      expect(await waiter).toEqual([0, 0]);
    },
  );

  behaviour(posix, 'held by a kernel thread')('that a kernel thread holds', async () => {
    const lock = make(how.kind);
    const holder = await heldByThread(unpatched, lock, how.hold, how.release);
    const waiter = greenly(...taking(how, lock));
    expect(await holder.letGoSoon()).toEqual([0, 0, 0, 0]);
    expect(await waiter).toEqual([0, 0]);
  });

  behaviour(posix, 'held by the loop stack')('that the loop stack holds', async () => {
    const lock = make(how.kind);
    expect(perform(how.hold, lock)).toBe(0);
    const waiter = greenly(...taking(how, lock));
    await delay(5);
    expect(perform(how.release, lock)).toBe(0);
    expect(await waiter).toEqual([0, 0]);
  });
});

behaviour(limited, 'timeout')('the timed forms give up in time', async () => {
  for (const name of limited) {
    const { kind, hold, take, release } = locks[name]!;
    const lock = make(kind);
    const holder = heldByGreen(lock, hold, release);
    const late = name === 'mtx_timedlock' ? thrd.timedout : errno.ETIMEDOUT;
    const waited = await elapsed(async () => {
      expect(await green(take, lock, null, 10), name).toBe(late);
    });
    expect(waited, name).toBeGreaterThan(8);
    await holder.letGo();
  }
});

behaviour(['pthread_rwlock_unlock', 'mtx_unlock'], 'waiters wake')(
  'a release wakes all who may have the lock now',
  async () => {
    const lock = make('rwlock');
    const holder = heldByGreen(lock, 'wrlock', 'rwunlock');
    const readers = Array.from({ length: 5 }, () =>
      greenly(['rdlock', lock], ['usleep', null, null, 5], ['rwunlock', lock]),
    );
    await holder.letGoSoon();
    expect(await Promise.all(readers)).toEqual(Array(5).fill([0, 0, 0]));
    const mtx = make('mtx');
    const users = Array.from({ length: 5 }, () =>
      greenly(['mtx_lock', mtx], ['usleep', null, null, 2], ['mtx_unlock', mtx]),
    );
    expect(await Promise.all(users)).toEqual(Array(5).fill([0, 0, 0]));
  },
);

behaviour('sem_wait', 'post')('sem_wait waits for a post', async () => {
  const semaphore = make('sem');
  const waiter = green('sem_wait', semaphore);
  await delay(5);
  expect(perform('sem_post', semaphore)).toBe(0);
  expect(await waiter).toBe(0);
});

describe('a condition', () => {
  const waits: Record<string, string> = {
    pthread_cond_wait: 'wait',
    pthread_cond_timedwait: 'timedwait',
    pthread_cond_clockwait: 'clockwait',
  };

  behaviour(
    ['pthread_cond_wait', 'pthread_cond_timedwait', 'pthread_cond_clockwait'],
    ['wake-up', 'EPERM'],
  )('is waited for with the mutex released, which must be held', async () => {
    for (const wait of Object.values(waits)) {
      const [condition, held] = [make('cond'), make('errorcheck')];
      const waiter = greenly(['lock', held], [wait, condition, held, PATIENT], ['unlock', held]);
      expect(await greenly(['lock', held], ['signal', condition], ['unlock', held]), wait).toEqual([
        0, 0, 0,
      ]);
      expect(await waiter, wait).toEqual([0, 0, 0]);
      const steps: Step[] = [[wait, condition, make('errorcheck'), PATIENT]];
      expect(await greenly(...steps), wait).toEqual(
        unpatched.join(unpatched.thread([['timedwait', make('cond'), make('errorcheck'), 3]])),
      );
    }
  });

  behaviour(['cnd_wait', 'cnd_timedwait'], 'wake-up')('of C11 so too', async () => {
    for (const wait of ['cnd_wait', 'cnd_timedwait']) {
      const [condition, held] = [make('cnd'), make('mtx')];
      const waiter = greenly(
        ['mtx_lock', held],
        [wait, condition, held, PATIENT],
        ['mtx_unlock', held],
      );
      expect(await green('cnd_signal', condition)).toBe(0);
      expect(await waiter, wait).toEqual([0, 0, 0]);
    }
  });

  behaviour('cnd_timedwait', 'timeout')('of C11 times out', async () => {
    const [condition, held] = [make('cnd'), make('mtx')];
    const steps: Step[] = [
      ['mtx_lock', held],
      ['cnd_timedwait', condition, held, 10],
      ['mtx_unlock', held],
    ];
    expect(await greenly(...steps)).toEqual([0, thrd.timedout, 0]);
  });

  behaviour(
    ['_ZNSt18condition_variable10notify_oneEv', '_ZNSt18condition_variable10notify_allEv'],
    'waiters wake',
  )('of std:: is notified', async () => {
    for (const put of ['std_put_one', 'std_put']) {
      const slot = make('zero');
      const taker = green('std_take', slot);
      await green(put, slot, null, 4);
      expect(await taker, put).toBe(4);
    }
  });
});

describe('a kernel thread', () => {
  behaviour(['pthread_timedjoin_np', 'pthread_clockjoin_np'], ['thread ends', 'timeout'])(
    'is joined in time, or not',
    async () => {
      const joins = ['timedjoin', 'clockjoin', 'timedjoin_late', 'clockjoin_late'];
      const outcomes = await Promise.all(joins.map((join) => green(join, null, null, 40)));
      expect(outcomes).toEqual([0, 0, errno.ETIMEDOUT, errno.ETIMEDOUT]);
      const plain = unpatched.thread(joins.map((join): Step => [join, null, null, 40]));
      expect(unpatched.join(plain)).toEqual(outcomes);
    },
  );
});

it('a lock that nobody else wants costs no wait', async () => {
  const lock = make('normal');
  expect(await greenly(['timedlock', lock, null, 0], ['unlock', lock])).toEqual([0, 0]);
});
