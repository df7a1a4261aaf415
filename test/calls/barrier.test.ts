import { spawn as spawnProcess } from 'node:child_process';
import { once } from 'node:events';
import { spawn } from 'greenify';
import { describe, expect } from 'vitest';
import { fixturePath } from '../support/fixtures';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { calls, green, plain, stillWaits, type Call, type Outcome } from './ways';

// pthread.h
const PTHREAD_BARRIER_SERIAL_THREAD = -1;
const PTHREAD_PROCESS_SHARED = 1;

/** A barrier at which so many have to come. */
function barrier(count: number, shared = false): Buffer {
  const [made, attributes] = [Buffer.alloc(32), Buffer.alloc(4)];
  ways.originalCalls['pthread_barrierattr_init']!(attributes);
  if (shared) {
    ways.originalCalls['pthread_barrierattr_setpshared']!(attributes, PTHREAD_PROCESS_SHARED);
  }
  expect(ways.originalCalls['pthread_barrier_init']!(made, attributes, count).result).toBe(0);
  return made;
}
const come = (call: Call, to: Buffer): Promise<Outcome> => call('pthread_barrier_wait', to);
const serials = (outcomes: Outcome[]): number =>
  outcomes.filter(({ result }) => result === PTHREAD_BARRIER_SERIAL_THREAD).length;

/** Whoever has gone through together, of whom one is told apart. */
function expectOneSerial(outcomes: Outcome[]): void {
  expect(serials(outcomes)).toBe(1);
  expect(outcomes.filter(({ result }) => result === 0)).toHaveLength(outcomes.length - 1);
}

describe('pthread_barrier_wait', () => {
  behaviour('pthread_barrier_wait', ['green threads', 'one is told apart'])(
    'lets a crowd of green threads go on when the last one has come, again and again',
    async () => {
      const made = barrier(1000);
      for (let round = 0; round < 3; round++) {
        const crowd = Array.from({ length: 999 }, () => come(green, made));
        await stillWaits(Promise.race(crowd));
        expectOneSerial(await Promise.all([...crowd, come(green, made)]));
      }
    },
  );

  behaviour('pthread_barrier_wait', 'green threads')(
    'needs no offload threads, and no turn for those who come again',
    async () => {
      const made = barrier(2);
      const rounds = 200;
      const runner = () =>
        spawn(() => Array.from({ length: rounds }, () => calls['pthread_barrier_wait']!(made)));
      let both: Outcome[][] = [];
      const moved = await ways.offloads(async () => {
        both = await Promise.all([runner(), runner()]);
      });
      expect(moved).toBe(0);
      expect(serials(both.flat())).toBe(rounds);
    },
  );

  behaviour('pthread_barrier_wait', 'kernel threads')(
    'brings green threads and kernel threads together, whoever comes last',
    async () => {
      const made = barrier(4);
      const patched: Call = (name, ...args) => calls.thread[name]!(...args);
      const orders: Call[][] = [
        [green, plain, green, patched],
        [plain, green, plain, green],
        [patched, patched, green, green],
        [green, green, green, plain],
      ];
      for (const order of orders) {
        const waiting = order.slice(0, -1).map((call) => come(call, made));
        await stillWaits(Promise.race(waiting));
        expectOneSerial(await Promise.all([...waiting, come(order.at(-1)!, made)]));
      }
    },
  );

  // nptl/pthread_barrier_wait.c (glibc): those who have come are counted up to there, and then anew.
  behaviour('pthread_barrier_wait', 'kernel threads')(
    'counts from the beginning when the counters are full, as libc does',
    async () => {
      const most = 2 ** 31 - 2;
      const [IN, CURRENT_ROUND, OUT] = [0, 4, 16];
      for (const pair of [[green, green] as const, [green, plain] as const]) {
        const made = barrier(2);
        for (const word of [IN, CURRENT_ROUND, OUT]) made.writeUInt32LE(most - 2, word);
        for (const left of [0, 2]) {
          expectOneSerial(await Promise.all(pair.map((call) => come(call, made))));
          expect([made.readUInt32LE(IN), made.readUInt32LE(OUT)]).toEqual([left, left]);
        }
      }
    },
  );

  behaviour('pthread_barrier_wait', 'loop stack')(
    'on the loop stack lets green threads go on that have to come',
    async () => {
      const made = barrier(2);
      const late = spawn(() => {
        calls['usleep']!(2000);
        return calls['pthread_barrier_wait']!(made);
      });
      const here = calls['pthread_barrier_wait']!(made);
      expectOneSerial([here, await late]);
    },
  );

  behaviour('pthread_barrier_wait', 'between processes')(
    'waits elsewhere at a barrier of several processes',
    async () => {
      const made = barrier(2, true);
      let pending: Promise<Outcome> | undefined;
      const moved = await ways.offloads(async () => {
        pending = come(green, made);
        await stillWaits(pending);
        expectOneSerial([await come(plain, made), await pending]);
      });
      expect(moved).toBe(1);
    },
  );
});

behaviour('pthread_barrier_destroy', 'others have to leave')(
  'pthread_barrier_destroy waits until green threads have left that may',
  async () => {
    const made = barrier(2);
    const first = come(green, made);
    const second = spawn(() => [
      calls['pthread_barrier_wait']!(made),
      calls['pthread_barrier_destroy']!(made),
    ]);
    const [passed, destroyed] = await second;
    expectOneSerial([await first, passed!]);
    expect(destroyed).toEqual({ result: 0, errno: 0 });

    const again = barrier(2);
    const other = come(green, again);
    const here = calls['pthread_barrier_wait']!(again);
    expect(calls['pthread_barrier_destroy']!(again).result).toBe(0);
    expectOneSerial([await other, here]);
  },
);

behaviour('pthread_barrier_wait', 'green threads')(
  'does not keep a process from being killed that waits at a barrier for ever',
  async () => {
    const path = JSON.stringify(fixturePath('calls'));
    const program = `
      const { patchLib, spawn } = require('greenify');
      patchLib(${path});
      const calls = require(${path});
      const barrier = Buffer.alloc(32);
      calls.pthread_barrier_init(barrier, null, 2);
      spawn(() => calls.pthread_barrier_wait(barrier));
      process.on('SIGTERM', () => process.exit(3));
      console.log('waits');`;
    const child = spawnProcess(process.execPath, ['-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    await once(child.stdout, 'data');
    child.kill();
    expect(await ended).toEqual([3, null]);
  },
);
