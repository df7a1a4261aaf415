import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { sleep, spawn } from 'greenify';
import { Lock, RLock } from 'greenify/multiprocessing';
import { afterEach, describe, expect, it } from 'vitest';
import { kill, partner } from '../support/party';

const made: { close(): void }[] = [];
afterEach(() => made.splice(0).forEach((object) => object.close()));

function twice(): [Lock, Lock] {
  const lock = new Lock();
  const other = Lock.open(lock.handle);
  made.push(lock, other);
  return [lock, other];
}

describe('a lock', () => {
  it('lets one green thread in after another, in the order in which they came', async () => {
    const [lock] = twice();
    const seen: string[] = [];
    const enter = (name: string) =>
      spawn(() =>
        lock.run(() => {
          seen.push(`${name} in`);
          sleep(2);
          seen.push(`${name} out`);
        }),
      );
    await Promise.all(['a', 'b', 'c'].map(enter));
    expect(seen).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out']);
  });

  it('is kept from those who have opened it elsewhere, in this process too', async () => {
    const [lock, other] = twice();
    expect(other.acquire()).toBe(true);
    expect(lock.acquire({ block: false })).toBe(false);
    let ticks = 0;
    const ticker = setInterval(() => (ticks += 1), 1);
    expect(await lock.acquireAsync({ timeout: 100 })).toBe(false);
    clearInterval(ticker);
    expect(ticks).toBeGreaterThan(0);
    other.release();
    expect(await lock.acquireAsync()).toBe(true);
    lock.release();
  });

  it('that nobody waits for any more is let go when it comes', async () => {
    const [lock, other] = twice();
    other.acquire();
    expect(await lock.acquireAsync({ timeout: 5 })).toBe(false);
    other.release();
    expect(await other.acquireAsync({ timeout: 10_000 })).toBe(true);
    other.release();
  });

  it('is not given to a thread that was cancelled', async () => {
    const [lock, other] = twice();
    other.acquire();
    const thread = lock.acquireAsync();
    const next = lock.acquireAsync();
    thread.cancel(new Error('no longer'));
    await expect(thread).rejects.toThrow('no longer');
    other.release();
    expect(await next).toBe(true);
    lock.release();
  });

  it('outside green threads is waited for while green threads, and only they, go on', () => {
    const [lock] = twice();
    let fired = false;
    setImmediate(() => (fired = true));
    spawn(() =>
      lock.run(() => {
        for (let i = 0; i < 3; i += 1) sleep(1);
      }),
    );
    expect(lock.acquire()).toBe(true);
    expect(fired).toBe(false);
    lock.release();
  });

  it('is released when the process that holds it is killed', async () => {
    const [lock] = twice();
    const holder = partner('keep', { handle: lock.handle });
    await holder.told;
    expect(lock.acquire({ block: false })).toBe(false);
    const waiter = lock.acquireAsync({ timeout: 20_000 });
    await kill(holder);
    expect(await waiter).toBe(true);
    lock.release();
  });

  it('is opened by a worker', async () => {
    const [lock] = twice();
    lock.acquire();
    const worker = new Worker(
      `const { Lock } = require('greenify/multiprocessing');
       const { parentPort, workerData } = require('node:worker_threads');
       const lock = Lock.open(workerData);
       parentPort.postMessage(lock.acquire({ block: false }));
       lock.acquire();
       parentPort.postMessage('has it');`,
      { eval: true, workerData: lock.handle },
    );
    const exit = once(worker, 'exit'); // may come together with the last message
    expect(await once(worker, 'message')).toEqual([false]);
    lock.release();
    expect(await once(worker, 'message')).toEqual(['has it']);
    await exit;
  });

  it('that is closed fails those who wait, and cannot be opened any more', async () => {
    const [lock, other] = twice();
    other.acquire();
    const waiter = lock.acquireAsync();
    lock.close();
    await expect(waiter).rejects.toMatchObject({ code: 'ERR_GREENIFY_CLOSED' });
    expect(() => lock.acquire()).toThrow('close() was called');
    expect(() => Lock.open(lock.handle)).toThrow(
      expect.objectContaining({ code: 'ERR_GREENIFY_GONE' }),
    );
  });

  it('says what is wrong', async () => {
    const [lock] = twice();
    expect(() => lock.release()).toThrow(
      expect.objectContaining({ code: 'ERR_GREENIFY_RELEASED' }),
    );
    expect(() => RLock.open(lock.handle)).toThrow('takes the handle of a RLock, not of a Lock');
    expect(() => Lock.open(7 as never)).toThrow(TypeError);
    expect(() => lock.acquire({ timeout: 'soon' as never })).toThrow(TypeError);
    expect(() => lock.acquire({ timeout: -1 })).toThrow(RangeError);
    await delay(0);
  });
});

describe('a recursive lock', () => {
  it('is taken again by the green thread that has it, and by no other', async () => {
    const lock = new RLock();
    made.push(lock);
    const holder = spawn(() => {
      lock.run(() => {
        expect(lock.acquire()).toBe(true);
        sleep(10);
        lock.release();
      });
      expect(() => lock.release()).toThrow('not held');
    });
    expect(await spawn(() => lock.acquire({ block: false }))).toBe(false);
    expect(() => lock.release()).toThrow('not held');
    await holder;
    expect(lock.run(() => lock.run(() => 'twice'))).toBe('twice');
  });
});
