import { statSync } from 'node:fs';
import { spawn } from 'greenify';
import { EmptyError, FullError, Queue } from 'greenify/multiprocessing';
import { afterEach, describe, expect, it } from 'vitest';
import { partner } from '../support/party';

const made: { close(): void }[] = [];
const keep = <T extends { close(): void }>(object: T): T => {
  made.push(object);
  return object;
};
afterEach(() => made.splice(0).forEach((object) => object.close()));

describe('a queue', () => {
  it('gives back whatever can be cloned, first in, first out', () => {
    const queue = keep(new Queue());
    const values = [1n, 'text', { nested: [new Date(0), new Map([[1, new Set('a')]])] }, undefined];
    for (const value of values) queue.put(value);
    expect(queue.qsize()).toBe(4);
    expect(values.map(() => queue.get())).toEqual(values);
    expect(() => queue.put(() => 'a function')).toThrow('could not be cloned');
    expect(queue.empty()).toBe(true);
  });

  it('waits for something to come, and for room', async () => {
    const queue = keep(new Queue<number>(2));
    const other = keep(Queue.open<number>(queue.handle));
    const getter = other.getAsync();
    queue.put(1);
    expect(await getter).toBe(1);
    queue.put(2);
    queue.put(3);
    expect([other.full(), other.maxsize]).toEqual([true, 2]);
    const putter = queue.putAsync(4);
    expect([other.get(), other.get()]).toEqual([2, 3]);
    await putter;
    expect(other.get()).toBe(4);
  });

  it('waits no longer than it may', async () => {
    const queue = keep(new Queue(1));
    expect(() => queue.get({ block: false })).toThrow(EmptyError);
    await expect(queue.getAsync({ timeout: 5 })).rejects.toThrow(EmptyError);
    queue.put(1);
    expect(() => queue.put(2, { block: false })).toThrow(FullError);
    await expect(queue.putAsync(2, { timeout: 5 })).rejects.toThrow(FullError);
    expect(queue.get()).toBe(1);
  });

  it('keeps what a cancelled thread has waited for', async () => {
    const queue = keep(new Queue());
    const getter = queue.getAsync();
    getter.cancel(new Error('no longer'));
    await expect(getter).rejects.toThrow('no longer');
    queue.put('kept');
    expect(queue.get()).toBe('kept');
  });

  it('takes no more space than what is in it', () => {
    const queue = keep(new Queue());
    const { path } = JSON.parse(queue.handle) as { path: string };
    queue.put('first');
    for (let i = 0; i < 40; i += 1) {
      queue.put(Buffer.alloc(2 ** 18, i));
      queue.get();
    }
    expect(statSync(path).size).toBeGreaterThan(2 ** 23);
    expect(statSync(path).blocks * 512).toBeLessThan(2 ** 22);
    queue.get();
    expect(statSync(path).size).toBe(0);
  });

  it('brings values to another process, each once and whole', async () => {
    const queue = keep(new Queue(4));
    const consumer = partner<{ sum: number; items: number }>('consume', {
      handle: queue.handle,
      threads: 3,
    });
    await spawn(() => {
      for (let value = 1; value <= 30; value += 1) {
        queue.put({ value, bulk: Buffer.alloc(10_000, value) });
      }
      for (let i = 0; i < 3; i += 1) queue.put('end');
    });
    expect((await consumer.told).result).toEqual({ sum: 465, items: 30 });
  });
});
