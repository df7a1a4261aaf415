import { Worker } from 'node:worker_threads';
import { CancelledError, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { runCommonJs } from '../support/child';
import { itIsTheSameInGreen } from './support';

const cells = (): Int32Array => new Int32Array(new SharedArrayBuffer(8));
const wait = (...args: unknown[]): unknown => Reflect.apply(Atomics.wait, Atomics, args);

const calls: Record<string, () => unknown> = {
  'another value': () => wait(cells(), 0, 5),
  'a time that is over': () => wait(cells(), 0, 0, 1),
  'no time at all': () => wait(cells(), 0, 0, 0),
  'a negative time': () => wait(cells(), 0, 0, -5),
  'a big integer': () => wait(new BigInt64Array(new SharedArrayBuffer(8)), 0, 0n, 1),
  'an index beyond the end': () => wait(cells(), 2, 0, 1),
  'memory that is not shared': () => wait(new Int32Array(2), 0, 0, 1),
  'another kind of array': () => wait(new Uint8Array(new SharedArrayBuffer(8)), 0, 0, 1),
  'no array': () => wait('cells', 0, 0, 1),
  'a symbol for a value': () => wait(cells(), 0, Symbol('none'), 1),
};

describe('Atomics.wait in a green thread', () => {
  itIsTheSameInGreen(calls);

  it('suspends that thread alone, and is woken by others in the order of their coming', async () => {
    const shared = cells();
    const woken: number[] = [];
    const waiters = [1, 2, 3].map((n) =>
      spawn(() => {
        expect(wait(shared, 0, 0)).toBe('ok');
        woken.push(n);
      }),
    );
    expect(waiters.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
    expect(Atomics.notify(shared, 0, 2)).toBe(2);
    await Promise.all(waiters.slice(0, 2));
    expect(woken).toEqual([1, 2]);
    expect(Atomics.notify(shared, 0)).toBe(1);
    await waiters[2];
  });

  it('is woken by a worker', async () => {
    const shared = cells();
    const worker = new Worker(
      `const { workerData: cells } = require('node:worker_threads');
      setTimeout(() => { Atomics.store(cells, 0, 1); Atomics.notify(cells, 0); }, 20);`,
      { eval: true, workerData: shared },
    );
    expect(await spawn(() => [wait(shared, 0, 0, 60_000), Atomics.load(shared, 0)])).toEqual([
      'ok',
      1,
    ]);
    await worker.terminate();
  });

  it('hands a wake-up on when it was cancelled before', async () => {
    const shared = cells();
    const first = spawn(() => wait(shared, 0, 0));
    const second = spawn(() => wait(shared, 0, 0, 60_000));
    first.cancel();
    await expect(first).rejects.toThrow(CancelledError);
    Atomics.notify(shared, 0, 1);
    expect(await second).toBe('ok');
  });

  it('keeps the process alive for its time', async () => {
    const ended = await runCommonJs(`
      const { monkeyPatch, spawn } = require('greenify');
      monkeyPatch({ stdlib: true });
      spawn(() => console.log(Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)));`);
    expect(ended).toMatchObject({ code: 0, stdout: 'timed-out\n' });
  });
});
