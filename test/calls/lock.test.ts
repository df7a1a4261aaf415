import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { patchLib, sleep, spawn } from 'greenify';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommonJs } from '../support/child';
import { fixturePath, requireFixture } from '../support/fixtures';

type Lock = object;
type Thread = object;
type Step = [name: string, object?: Lock | null, other?: Lock | null, number?: number];

/** test/fixtures/addons/locks/addon.cc. */
interface Locks {
  make(kind: string): Lock;
  perform(...step: Step): number;
  thread(steps: Step[]): Thread;
  join(thread: Thread): number[];
}

const { EBUSY, EDEADLK, EPERM, ETIMEDOUT, EINVAL, ECANCELED } = osConstants.errno;
const EOWNERDEAD = 130;
const thrd = { success: 0, busy: 1, error: 2, timedout: 4 };

patchLib(fixturePath('locks'), { socket: true, sleep: true, lock: true });
const locks = requireFixture('locks') as Locks;
const { make, perform } = locks;

/** A copy of the addon, of which nothing is redirected; it takes the same objects. */
const directory = mkdtempSync(join(tmpdir(), 'greenify-locks-'));
afterAll(() => rmSync(directory, { recursive: true }));
const copy = join(directory, 'unpatched.node');
copyFileSync(fixturePath('locks'), copy);
const unpatched = createRequire(import.meta.url)(copy) as Locks;

const green = (...step: Step): Promise<number> => spawn(() => perform(...step));

/** Performs the steps in a green thread, one after another. */
const greenly = (...steps: Step[]): Promise<number[]> =>
  spawn(() => steps.map((step) => perform(...step)));

/** A mutex (or whatever `take` takes) that a green thread holds for `ms`. */
function heldByGreen(lock: Lock, ms: number, take = 'lock', release = 'unlock'): Promise<number[]> {
  return greenly([take, lock], ['usleep', null, null, ms], [release, lock]);
}

/** The same by a kernel thread, once it has it. */
async function heldByThread(
  addon: Locks,
  lock: Lock,
  ms: number,
  take = 'lock',
  release = 'unlock',
): Promise<Thread> {
  const taken = make('sem');
  const thread = addon.thread([
    [take, lock],
    ['sem_post', taken],
    ['usleep', null, null, ms],
    [release, lock],
  ]);
  expect(await green('sem_wait', taken)).toBe(0);
  return thread;
}

async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Runs code with `locks` and `spawn`, in which a mistake may hang or crash. */
async function inChild(code: string): Promise<{ stdout: string; stderr: string }> {
  const ended = await runCommonJs(
    `const { patchLib, sleep, spawn } = require('greenify');
     const path = ${JSON.stringify(fixturePath('locks'))};
     patchLib(path, { socket: true, sleep: true, lock: true });
     const { make, perform, thread, join } = require(path);
     ${code}`,
    { timeoutMs: 15_000 },
  );
  expect(ended).toMatchObject({ code: 0, signal: null });
  return ended;
}

const mutexKinds = [
  'normal',
  'recursive',
  'errorcheck',
  'adaptive',
  'robust',
  'robust_recursive',
  'robust_errorcheck',
  'shared',
];
const recursiveKinds = ['recursive', 'robust_recursive'];
const checkingKinds = ['errorcheck', 'robust_errorcheck'];
const ownedKinds = [...recursiveKinds, ...checkingKinds, 'robust'];

describe.each(mutexKinds)('a %s mutex between green threads', (kind) => {
  it('lets one in, and the others in the order in which they came', async () => {
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
  });

  it('is busy for trylock, and times out for the timed forms', async () => {
    const mutex = make(kind);
    const holder = heldByGreen(mutex, 60);
    expect(await green('trylock', mutex)).toBe(EBUSY);
    for (const timed of ['timedlock', 'clocklock']) {
      expect(
        await elapsed(async () => {
          expect(await green(timed, mutex, null, 10)).toBe(ETIMEDOUT);
        }),
      ).toBeGreaterThan(8);
    }
    expect(await greenly(['timedlock', mutex, null, 10_000], ['unlock', mutex])).toEqual([0, 0]);
    expect(await holder).toEqual([0, 0, 0]);
  });

  it.each([
    ['patched', locks],
    ['unpatched', unpatched],
  ] as const)('waits for a kernel thread of %s code', async (_name, addon) => {
    const mutex = make(kind);
    const thread = await heldByThread(addon, mutex, 15);
    expect(await green('trylock', mutex)).toBe(EBUSY);
    expect(await green('timedlock', mutex, null, 2)).toBe(ETIMEDOUT);
    expect(await greenly(['lock', mutex], ['unlock', mutex])).toEqual([0, 0]);
    expect(addon.join(thread)).toEqual([0, 0, 0, 0]);
  });

  it('keeps kernel threads out while a green thread holds it', async () => {
    const mutex = make(kind);
    const holder = heldByGreen(mutex, 15);
    const thread = locks.thread([
      ['trylock', mutex],
      ['lock', mutex],
      ['unlock', mutex],
    ]);
    expect(await holder).toEqual([0, 0, 0]);
    expect(await spawn(() => locks.join(thread))).toEqual([EBUSY, 0, 0]);
  });

  it('is free again when nobody holds it', async () => {
    const mutex = make(kind);
    await heldByGreen(mutex, 1);
    expect([perform('trylock', mutex), perform('unlock', mutex)]).toEqual([0, 0]);
    expect(await greenly(['trylock', mutex], ['unlock', mutex])).toEqual([0, 0]);
  });

  it('held by a green thread, is got by the loop stack, which runs the others meanwhile', async () => {
    const { stdout } = await inChild(`
      const mutex = make('${kind}');
      const other = spawn(() => { sleep(60); console.log('another thread runs'); });
      const holder = spawn(() => {
        perform('lock', mutex);
        sleep(120);
        perform('unlock', mutex);
        console.log('let go');
      });
      console.log('trylock', perform('trylock', mutex));
      console.log('timedlock', perform('timedlock', mutex, null, 2));
      console.log('lock', perform('lock', mutex));
      console.log('unlock', perform('unlock', mutex));
    `);
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      `trylock ${EBUSY}`,
      `timedlock ${ETIMEDOUT}`,
      'another thread runs',
      'let go',
      'lock 0',
      'unlock 0',
    ]);
  });

  it('held by the loop stack, is waited for by green threads', async () => {
    const mutex = make(kind);
    expect(perform('lock', mutex)).toBe(0);
    const waiter = greenly(
      ['trylock', mutex],
      ['timedlock', mutex, null, 3],
      ['lock', mutex],
      ['unlock', mutex],
    );
    await delay(10);
    expect(perform('unlock', mutex)).toBe(0);
    expect(await waiter).toEqual([EBUSY, ETIMEDOUT, 0, 0]);
  });
});

describe('who owns a mutex', () => {
  it.each(recursiveKinds)(
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
      expect(await owner).toEqual([0, 0, 0, 0, 0, 0, 0, 0, EPERM]);
      expect(await other).toEqual([EBUSY, 0, 0]);
    },
  );

  it.each(checkingKinds)('%s: EDEADLK for the owner, at once', async (kind) => {
    const mutex = make(kind);
    expect(
      await greenly(
        ['lock', mutex],
        ['lock', mutex],
        ['timedlock', mutex, null, 5],
        ['unlock', mutex],
      ),
    ).toEqual([0, EDEADLK, EDEADLK, 0]);
  });

  it.each(mutexKinds)('%s: trylock by the owner is as in a kernel thread', async (kind) => {
    const steps = (mutex: Lock): Step[] => [
      ['lock', mutex],
      ['trylock', mutex],
      ['unlock', mutex],
    ];
    const plain = locks.join(locks.thread(steps(make(kind))));
    expect(await greenly(...steps(make(kind)))).toEqual(plain);
  });

  it.each(ownedKinds)('%s: EPERM for a green thread that does not hold it', async (kind) => {
    const mutex = make(kind);
    expect(await green('unlock', mutex)).toBe(EPERM);
    const holder = heldByGreen(mutex, 5);
    expect(await green('unlock', mutex)).toBe(EPERM);
    expect(perform('unlock', mutex), 'the loop stack').toBe(EPERM);
    expect(locks.join(locks.thread([['unlock', mutex]])), 'a kernel thread').toEqual([EPERM]);
    expect(await holder).toEqual([0, 0, 0]);

    expect(perform('lock', mutex)).toBe(0);
    expect(await green('unlock', mutex), 'held by the loop stack').toBe(EPERM);
    expect(perform('unlock', mutex)).toBe(0);

    const thread = await heldByThread(locks, mutex, 10);
    expect(await green('unlock', mutex), 'held by a kernel thread').toBe(EPERM);
    expect(locks.join(thread)).toEqual([0, 0, 0, 0]);
  });

  it('robust: EOWNERDEAD after a kernel thread has died with it, and then it works again', async () => {
    const mutex = make('robust');
    expect(locks.join(locks.thread([['lock', mutex]]))).toEqual([0]);
    expect(await greenly(['lock', mutex], ['consistent', mutex], ['unlock', mutex])).toEqual([
      EOWNERDEAD,
      0,
      0,
    ]);
    expect(await greenly(['trylock', mutex], ['unlock', mutex])).toEqual([0, 0]);
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
      EOWNERDEAD,
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

describe('a read-write lock', () => {
  it('lets readers in together, writers alone', async () => {
    const lock = make('rwlock');
    const readers = [
      heldByGreen(lock, 10, 'rdlock', 'rwunlock'),
      heldByGreen(lock, 10, 'rdlock', 'rwunlock'),
    ];
    expect(await greenly(['tryrdlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
    expect(await green('trywrlock', lock)).toBe(EBUSY);
    expect(await green('timedwrlock', lock, null, 2)).toBe(ETIMEDOUT);
    expect(await green('clockwrlock', lock, null, 2)).toBe(ETIMEDOUT);
    const writer = heldByGreen(lock, 10, 'wrlock', 'rwunlock');
    expect(await Promise.all(readers)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    await delay(3);
    expect(await green('tryrdlock', lock)).toBe(EBUSY);
    expect(await green('timedrdlock', lock, null, 2)).toBe(ETIMEDOUT);
    expect(await green('clockrdlock', lock, null, 2)).toBe(ETIMEDOUT);
    expect(await greenly(['rdlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
    expect(await writer).toEqual([0, 0, 0]);
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
    expect(stdout).toBe(`${ETIMEDOUT}\nlet go\n0 0\n`);
  });

  it('read by the loop stack and a green thread, is free when both have let go', async () => {
    const lock = make('rwlock');
    const reader = heldByGreen(lock, 5, 'rdlock', 'rwunlock');
    expect([perform('rdlock', lock), perform('rwunlock', lock)]).toEqual([0, 0]);
    expect(await green('trywrlock', lock)).toBe(EBUSY);
    expect(await reader).toEqual([0, 0, 0]);
    expect(await greenly(['trywrlock', lock], ['rwunlock', lock])).toEqual([0, 0]);
  });
});

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
      const waiter = greenly(['lock', mutex], [wait, condition, mutex, 15], ['unlock', mutex]);
      expect(await greenly(['trylock', mutex], ['unlock', mutex])).toEqual([0, 0]);
      expect(await elapsed(() => waiter)).toBeGreaterThan(10);
      expect(await waiter).toEqual([0, ETIMEDOUT, 0]);
    },
  );

  it('wakes one waiter for each signal, all for a broadcast, in the order in which they came', async () => {
    const [condition, mutex] = [make('cond'), make('normal')];
    const woken: number[] = [];
    const wait = (id: number) =>
      spawn(() => {
        perform('lock', mutex);
        expect(perform('wait', condition, mutex)).toBe(0);
        woken.push(id);
        perform('unlock', mutex);
      });
    const waiters = [0, 1, 2, 3, 4].map(wait);
    perform('signal', condition);
    await delay(5);
    expect(woken).toEqual([0]);
    await green('signal', condition);
    await delay(5);
    expect(woken).toEqual([0, 1]);
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
  const holder = heldByGreen(lock, 10, 'spin_lock', 'spin_unlock');
  expect(await greenly(['spin_lock', lock], ['spin_unlock', lock])).toEqual([0, 0]);
  await holder;
});

describe('initialisers that wait', () => {
  const ways: [way: string, kind: string][] = [
    ['pthread_once', 'zero'],
    ['call_once', 'zero'],
    ['std_call_once', 'zero'],
    ['static_0', 'zero'],
  ];

  it.each(ways)('%s: run once, and green threads wait for them', async (way, kind) => {
    const control = make(kind);
    perform('initialisations');
    const first = green(way, control);
    const others = [green(way, control), green(way, control)];
    expect(perform('initialisations')).toBe(0);
    expect(await Promise.all([first, ...others])).toEqual([0, 0, 0]);
    expect(await green(way, control)).toBe(0);
    expect(perform('initialisations')).toBe(1);
  });

  it.each([
    ['pthread_once', 'pthread_once'],
    ['call_once', 'call_once'],
    ['std_call_once', 'std_call_once'],
    ['static_1', 'static_1'],
  ])('%s: the loop stack waits for the green thread that runs it', async (way) => {
    const { stdout } = await inChild(`
      const control = make('zero');
      spawn(() => { perform('${way}', control); console.log('initialised'); });
      perform('${way}', control);
      console.log('used', perform('initialisations'));
    `);
    expect(stdout).toBe('initialised\nused 1\n');
  });

  it('one that a kernel thread runs is waited for', async () => {
    const control = make('zero');
    const thread = locks.thread([['static_2'], ['pthread_once', control]]);
    await delay(5);
    expect(await green('static_2')).toBe(0);
    expect(await green('pthread_once', control)).toBe(0);
    locks.join(thread);
  });

  it.each(['failing_static', 'failing_call_once'])(
    '%s: after an exception the next one tries',
    async (way) => {
      const { stdout } = await inChild(`
      const control = make('zero');
      const use = () => spawn(() => perform('${way}', control));
      const unrelated = make('zero');
      const uses = [use(), use(), spawn(() => perform('std_call_once', unrelated)), use()];
      Promise.all(uses).then((results) => console.log(...results, perform('initialisations')));
    `);
      expect(stdout).toBe(`${ECANCELED} 0 0 0 2\n`);
    },
  );
});

describe('C11', () => {
  it.each(['mtx', 'mtx_recursive'])('%s: locks, tries, times out', async (kind) => {
    const mutex = make(kind);
    const holder = heldByGreen(mutex, 15, 'mtx_lock', 'mtx_unlock');
    expect(await green('mtx_trylock', mutex)).toBe(thrd.busy);
    expect(await green('mtx_timedlock', mutex, null, 2)).toBe(thrd.timedout);
    expect(await greenly(['mtx_lock', mutex], ['mtx_unlock', mutex])).toEqual([0, 0]);
    await holder;
  });

  it('conditions: waits, signals, times out', async () => {
    const [condition, mutex] = [make('cnd'), make('mtx')];
    const wait = (): Promise<number[]> =>
      greenly(['mtx_lock', mutex], ['cnd_wait', condition, mutex], ['mtx_unlock', mutex]);
    const waiters = [wait(), wait(), wait()];
    perform('cnd_signal', condition);
    await green('cnd_broadcast', condition);
    expect(await Promise.all(waiters)).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(
      await greenly(
        ['mtx_lock', mutex],
        ['cnd_timedwait', condition, mutex, 3],
        ['mtx_unlock', mutex],
      ),
    ).toEqual([0, thrd.timedout, 0]);
  });

  it('thrd_join gives the result of the thread', async () => {
    expect(await green('thrd_join', null, null, 5)).toBe(6);
  });
});

describe('std::', () => {
  it('mutex: waited for; a deadlock is a std::system_error', async () => {
    const mutex = make('zero');
    const holder = heldByGreen(mutex, 5, 'std_lock', 'std_unlock');
    expect(await greenly(['std_lock', mutex], ['std_unlock', mutex])).toEqual([0, 0]);
    await holder;
  });

  it('condition_variable: notified by green threads, kernel threads and the loop stack', async () => {
    const slot = make('zero');
    const first = green('std_take', slot);
    await green('std_put', slot, null, 7);
    expect(await first).toBe(7);
    const second = green('std_take', slot);
    locks.join(locks.thread([['std_put', slot, null, 8]]));
    expect(await second).toBe(8);
    const third = green('std_take_for', slot, null, 10_000);
    perform('std_put', slot, null, 9);
    expect(await third).toBe(9);
    expect(await green('std_take_for', slot, null, 3)).toBe(-1);
    const thread = locks.thread([['std_take', slot]]);
    await green('std_put', slot, null, 10);
    expect(await spawn(() => locks.join(thread))).toEqual([10]);
  });

  it('thread: join waits aside, and throws what it throws', async () => {
    let ticks = 0;
    const ticker = setInterval(() => (ticks += 1), 1);
    expect(await green('std_join', null, null, 30)).toBe(0);
    clearInterval(ticker);
    expect(ticks).toBeGreaterThan(2);
    expect(await green('std_join_nothing')).toBe(EINVAL);
  });
});

it('pthread_join: the loop turns meanwhile', async () => {
  const thread = locks.thread([['usleep', null, null, 30]]);
  let ticks = 0;
  const ticker = setInterval(() => (ticks += 1), 1);
  expect(await spawn(() => locks.join(thread))).toEqual([0]);
  clearInterval(ticker);
  expect(ticks).toBeGreaterThan(2);
});

describe('a library that holds a normal mutex across read', () => {
  it('a thread that takes a lock again and again does not keep the loop standing', async () => {
    const { stdout } = await inChild(`
      const mutex = make('normal');
      let over = false;
      let rounds = 0;
      for (let i = 0; i < 3; i++) {
        spawn(() => {
          while (!over) {
            perform('lock', mutex);
            sleep(1);
            perform('unlock', mutex);
            rounds++;
          }
        });
      }
      perform('lock', mutex);
      over = true;
      perform('unlock', mutex);
      console.log(rounds < 10);
    `);
    expect(stdout).toBe('true\n');
  });

  it('two green threads and then the loop stack all finish, in order', async () => {
    const { stdout } = await inChild(`
      const { pipe } = require(${JSON.stringify(fixturePath('descriptors'))});
      const [from, to] = pipe(0);
      const mutex = make('normal');
      const receive = (who) => console.log(who, perform('receive_under_lock', mutex, null, from));
      spawn(() => receive('first'));
      spawn(() => receive('second'));
      thread([1, 2, 3].flatMap((byte) => [
        ['usleep', null, null, 20],
        ['write_byte', null, null, to | byte << 16],
      ]));
      receive('the loop stack');
    `);
    expect(stdout).toBe('first 1\nsecond 2\nthe loop stack 3\n');
  });
});

describe('a deadlock of green threads', () => {
  const report = `process.on('warning', ({ name, code, message }) => console.log(name, code, message));`;

  it("two that want each other's lock: the last gets EDEADLK, both stacks are reported", async () => {
    const { stdout } = await inChild(`${report}
      const [a, b] = [make('normal'), make('normal')];
      function takesAThenB() {
        perform('lock', a); sleep(5);
        console.log('a then b', perform('lock', b)); perform('unlock', b); perform('unlock', a);
      }
      function takesBThenA() {
        perform('lock', b); sleep(10);
        console.log('b then a', perform('lock', a)); perform('unlock', b);
      }
      spawn(takesAThenB);
      spawn(takesBThenA);
    `);
    expect(stdout).toContain(`b then a ${EDEADLK}\n`);
    expect(stdout).toContain('a then b 0\n');
    expect(stdout).toMatch(/GREENIFY_DEADLOCK[^]*takesBThenA[^]*takesAThenB/);
  });

  it('three in a circle', async () => {
    const { stdout } = await inChild(`${report}
      const circle = [make('normal'), make('recursive'), make('rwlock')];
      const take = ['lock', 'lock', 'wrlock'];
      const release = ['unlock', 'unlock', 'rwunlock'];
      const run = (i) => {
        const next = (i + 1) % 3;
        perform(take[i], circle[i]);
        sleep(5 + i);
        const result = perform(take[next], circle[next]);
        if (result === 0) perform(release[next], circle[next]);
        perform(release[i], circle[i]);
        return result;
      };
      Promise.all([0, 1, 2].map((i) => spawn(run, i))).then((results) => console.log(...results));
    `);
    expect(stdout).toContain(`0 0 ${EDEADLK}\n`);
    expect(stdout.match(/GREENIFY_DEADLOCK/g)).toHaveLength(1);
  });

  it('one that takes a normal mutex twice', async () => {
    const { stdout } = await inChild(`${report}
      const mutex = make('normal');
      spawn(() => { perform('lock', mutex); console.log(perform('lock', mutex)); });
    `);
    expect(stdout).toContain(`${EDEADLK}\n`);
    expect(stdout).toContain('GREENIFY_DEADLOCK');
  });

  it('is none where one of them gives up by itself', async () => {
    const { stdout } = await inChild(`${report}
      const [a, b] = [make('normal'), make('normal')];
      spawn(() => {
        perform('lock', a); sleep(5);
        console.log(perform('timedlock', b, null, 20)); perform('unlock', a);
      });
      spawn(() => { perform('lock', b); sleep(10); console.log(perform('lock', a)); perform('unlock', b); });
    `);
    expect(stdout).toBe(`${ETIMEDOUT}\n0\n`);
  });
});
