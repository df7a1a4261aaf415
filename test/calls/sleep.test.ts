import { sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import { time, timespec } from './structures';
import { calls, constants, errno, everyWay, stillWaits, waitsFor, type Outcome } from './ways';

const { CLOCK_MONOTONIC, CLOCK_REALTIME, TIMER_ABSTIME } = constants;
const CLOCK_PROCESS_CPUTIME_ID = 2;
const CLOCK_BOOTTIME = 7;
const MS = 1e6;

const split = (nanoseconds: bigint): [number, number] => [
  Number(nanoseconds / 1_000_000_000n),
  Number(nanoseconds % 1_000_000_000n),
];
const monotonic = (ms: number): [number, number] =>
  split(process.hrtime.bigint() + BigInt(ms * MS));
const realtime = (ms: number): [number, number] => split(BigInt(Date.now() + ms) * BigInt(MS));

/** Each way to sleep for 40 ms: function and arguments. */
const sleepers: Record<string, () => [string, ...unknown[]]> = {
  usleep: () => ['usleep', 40_000],
  nanosleep: () => ['nanosleep', [0, 40 * MS]],
  'clock_nanosleep, monotonic': () => ['clock_nanosleep', CLOCK_MONOTONIC, 0, [0, 40 * MS]],
  'clock_nanosleep, realtime': () => ['clock_nanosleep', CLOCK_REALTIME, 0, [0, 40 * MS]],
  'clock_nanosleep, boottime': () => ['clock_nanosleep', CLOCK_BOOTTIME, 0, [0, 40 * MS]],
  'clock_nanosleep until a monotonic time': () => [
    'clock_nanosleep',
    ...[CLOCK_MONOTONIC, TIMER_ABSTIME, monotonic(40)],
  ],
  'clock_nanosleep until a time of day': () => [
    'clock_nanosleep',
    ...[CLOCK_REALTIME, TIMER_ABSTIME, realtime(41)],
  ],
};

describe('sleeping', () => {
  behaviour(['usleep', 'nanosleep', 'clock_nanosleep'], 'duration').each(Object.keys(sleepers))(
    'takes its time while the loop turns: %s',
    async (name) => {
      const outcome = await everyWay((call) => waitsFor(39, () => call(...sleepers[name]!())));
      expect(outcome).toMatchObject({ result: 0, errno: 0 });
    },
  );

  behaviour('sleep', 'duration')('takes whole seconds in sleep', async () => {
    const outcome = await everyWay((call) => waitsFor(1000, () => call('sleep', 1)));
    expect(outcome).toEqual({ result: 0, errno: 0 });
  });

  behaviour(['nanosleep', 'clock_nanosleep'], 'EINVAL')(
    'refuses the same times and clocks',
    async () => {
      const outcomes = await everyWay(async (call) => [
        await call('nanosleep', [0, -1]),
        await call('nanosleep', [0, 1e9]),
        await call('nanosleep', [-1, 0]),
        await call('clock_nanosleep', CLOCK_MONOTONIC, 0, [0, 1e9]),
        await call('clock_nanosleep', CLOCK_MONOTONIC, TIMER_ABSTIME, [-1, 0]),
        await call('clock_nanosleep', 99, 0, [0, 0]),
        await call('clock_nanosleep', 3, 0, [0, 1]),
      ]);
      const fails = { result: -1, errno: errno.EINVAL };
      const gives = { result: errno.EINVAL, errno: 0 };
      expect(outcomes.slice(0, 3)).toMatchObject([fails, fails, fails]);
      expect(outcomes.slice(3, 6)).toMatchObject([gives, gives, gives]);
    },
  );

  behaviour('clock_nanosleep', ['TIMER_ABSTIME', 'other clocks'])(
    'does not wait for a time that has passed',
    async () => {
      const outcomes = await everyWay(async (call) => [
        await call('clock_nanosleep', CLOCK_MONOTONIC, TIMER_ABSTIME, [0, 0]),
        await call('clock_nanosleep', CLOCK_REALTIME, TIMER_ABSTIME, [0, 5]),
        await call('clock_nanosleep', CLOCK_PROCESS_CPUTIME_ID, TIMER_ABSTIME, [0, 1]),
      ]);
      expect(outcomes.map(({ result }) => result)).toEqual([0, 0, 0]);
    },
  );

  const noTime: [string, ...unknown[]][] = [
    ['sleep', 0],
    ['usleep', 0],
    ['nanosleep', [0, 0]],
    ['clock_nanosleep', CLOCK_MONOTONIC, 0, [0, 0]],
    ['clock_nanosleep', CLOCK_REALTIME, 0, [0, 0]],
  ];

  it.each(noTime)('for no time lets other green threads go on: %s', async (name, ...args) => {
    const order: string[] = [];
    const one = (label: string) => (): void => {
      for (let turn = 1; turn <= 3; turn++) {
        order.push(`${label}${turn}`);
        expect(calls[name]!(...args)).toMatchObject({ result: 0, errno: 0 });
      }
    };
    await Promise.all([spawn(one('a')), spawn(one('b'))]);
    expect(order).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
  });

  it('ends in the order of the times asked for', async () => {
    const order: number[] = [];
    const times = [50, 10, 30, 20, 40, 0];
    await Promise.all(
      times.map((ms) =>
        spawn(() => {
          calls['usleep']!(ms * 1000);
          order.push(ms);
        }),
      ),
    );
    expect(order).toEqual([0, 10, 20, 30, 40, 50]);
  });
});

behaviour('thrd_sleep', ['duration', 'interrupted', 'EINVAL'])('thrd_sleep', async () => {
  const outcomes = await everyWay(async (call) => [
    await waitsFor(40, () => call('thrd_sleep', timespec(41), null)),
    await call('thrd_sleep', time(0, -1), null),
  ]);
  expect(outcomes.map(({ result }) => Math.sign(result))).toEqual([0, -1]);
  const left = time(0);
  const thread = spawn(() => calls['thrd_sleep']!(time(100), left));
  await stillWaits(thread);
  thread.cancel();
  expect(await thread).toMatchObject({ result: -1 }); // thrd_sleep(3): as after a signal
  expect(Number(left.readBigInt64LE())).toBe(99);
});

describe('a sleep that is cancelled', () => {
  const cancelled = async (name: string, ...args: unknown[]): Promise<Outcome> => {
    const thread = spawn(() => calls[name]!(...args));
    await stillWaits(thread);
    thread.cancel();
    return thread;
  };

  behaviour(['sleep', 'usleep', 'nanosleep', 'clock_nanosleep'], 'interrupted')(
    'says what was left, as after a signal',
    async () => {
      expect(await cancelled('sleep', 100)).toMatchObject({ result: 100 });
      expect(await cancelled('usleep', 1e8)).toEqual({ result: -1, errno: errno.EINTR });
      const slept = await cancelled('nanosleep', [100, 0]);
      expect(slept).toMatchObject({
        result: -1,
        errno: errno.EINTR,
        remaining: [99, expect.any(Number)],
      });
      const onClock = await cancelled('clock_nanosleep', CLOCK_MONOTONIC, 0, [100, 0]);
      expect(onClock).toMatchObject({
        result: errno.EINTR,
        errno: 0,
        remaining: [99, expect.any(Number)],
      });
    },
  );

  it('says nothing when it was to end at a set time', async () => {
    const time = monotonic(100_000);
    expect(await cancelled('clock_nanosleep', CLOCK_MONOTONIC, TIMER_ABSTIME, time)).toEqual({
      result: errno.EINTR,
      errno: 0,
      remaining: [0, 0],
    });
  });

  it('is over with that: the next wait of the thread waits', async () => {
    const thread = spawn(() => {
      const { errno: first } = calls['usleep']!(1e8);
      return [first, calls['usleep']!(1000), sleep(1)];
    });
    await stillWaits(thread);
    thread.cancel();
    expect(await thread).toEqual([errno.EINTR, { result: 0, errno: 0 }, undefined]);
  });
});
