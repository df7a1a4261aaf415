import { setTimeout as delay } from 'node:timers/promises';
import { spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import {
  ECANCELED,
  EINVAL,
  green,
  greenly,
  heldByGreen,
  inChild,
  locks,
  make,
  perform,
  thrd,
} from './locks';

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
      const use = () => spawn(() => perform('${way}', control, null, 1));
      const unrelated = make('zero');
      const uses = [use(), use(), spawn(() => perform('std_call_once', unrelated)), use()];
      Promise.all(uses).then((results) => console.log(...results, perform('initialisations')));
    `);
      expect(stdout).toBe(`${ECANCELED} 0 0 0 2\n`);
    },
  );

  it('an exception in those who have waited for their turn', async () => {
    const { stdout } = await inChild(`
      const control = make('zero');
      const use = () => spawn(() => perform('failing_call_once', control, null, 3));
      Promise.all([use(), use(), use(), use(), use()]).then((results) => {
        console.log(...results.sort(), perform('initialisations'));
      });
    `);
    expect(stdout).toBe(`0 0 ${ECANCELED} ${ECANCELED} ${ECANCELED} 1\n`);
  });
});

describe('C11', () => {
  it.each(['mtx', 'mtx_recursive'])('%s: locks, tries, times out', async (kind) => {
    const mutex = make(kind);
    const holder = heldByGreen(mutex, 'mtx_lock', 'mtx_unlock');
    expect(await green('mtx_trylock', mutex)).toBe(thrd.busy);
    expect(await green('mtx_timedlock', mutex, null, 2)).toBe(thrd.timedout);
    const waiter = greenly(['mtx_lock', mutex], ['mtx_unlock', mutex]);
    expect(await holder.letGo()).toEqual([0, 0, 0]);
    expect(await waiter).toEqual([0, 0]);
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
    const holder = heldByGreen(mutex, 'std_lock', 'std_unlock');
    const waiter = greenly(['std_lock', mutex], ['std_unlock', mutex]);
    expect(await holder.letGo()).toEqual([0, 0, 0]);
    expect(await waiter).toEqual([0, 0]);
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
    expect(ticks).toBeGreaterThan(0);
    expect(await green('std_join_nothing')).toBe(EINVAL);
  });
});

it('pthread_join: the loop turns meanwhile', async () => {
  const thread = locks.thread([['usleep', null, null, 30]]);
  let ticks = 0;
  const ticker = setInterval(() => (ticks += 1), 1);
  expect(await spawn(() => locks.join(thread))).toEqual([0]);
  clearInterval(ticker);
  expect(ticks).toBeGreaterThan(0);
});
