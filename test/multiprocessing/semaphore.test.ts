import { spawn } from 'greenify';
import { BoundedSemaphore, Event, Semaphore } from 'greenify/multiprocessing';
import { afterEach, describe, expect, it } from 'vitest';
import { partner } from '../support/party';

const made: { close(): void }[] = [];
const keep = <T extends { close(): void }>(object: T): T => {
  made.push(object);
  return object;
};
afterEach(() => made.splice(0).forEach((object) => object.close()));

describe('a semaphore', () => {
  it('gives as many tokens as it has', async () => {
    const semaphore = keep(new Semaphore(2));
    const other = keep(Semaphore.open(semaphore.handle));
    expect([semaphore.acquire(), other.acquire()]).toEqual([true, true]);
    expect(other.acquire({ block: false })).toBe(false);
    expect(other.acquire({ timeout: 5 })).toBe(false);
    const waiters = [semaphore.acquireAsync(), other.acquireAsync()];
    other.release(2);
    expect(await Promise.all(waiters)).toEqual([true, true]);
    expect(semaphore.value).toBe(0);
  });

  it('of 60,000 tokens has them all; the kernel has no room for many more', () => {
    const semaphore = keep(new Semaphore(60_000));
    expect(semaphore.value).toBe(60_000);
    for (let i = 0; i < 50_000; i += 1) semaphore.acquire();
    semaphore.release(50_000);
    expect(semaphore.value).toBe(60_000);
    expect(() => semaphore.release(60_000)).toThrow('the kernel has no room');
    expect(semaphore.value).toBe(60_000);
  });

  it('ends the wait of a thread that is cancelled, with its token for the next', async () => {
    const semaphore = keep(new Semaphore(0));
    const [first, second] = [semaphore.acquireAsync(), semaphore.acquireAsync()];
    first.cancel(new Error('no longer'));
    await expect(first).rejects.toThrow('no longer');
    semaphore.release();
    expect(await second).toBe(true);
  });

  it('wakes whoever waits when it is closed', async () => {
    const semaphore = new Semaphore(0);
    const waiter = spawn(() => semaphore.acquire());
    semaphore.close();
    await expect(waiter).rejects.toMatchObject({ code: 'ERR_GREENIFY_CLOSED' });
  });

  it('when bounded, refuses more than it had', () => {
    const semaphore = keep(new BoundedSemaphore(1));
    const other = keep(BoundedSemaphore.open(semaphore.handle));
    expect(() => other.release()).toThrow('released too many times');
    semaphore.acquire();
    other.release();
    expect(semaphore.value).toBe(1);
  });

  it('takes a number of tokens', () => {
    expect(() => new Semaphore('1' as never)).toThrow(TypeError);
    expect(() => new Semaphore(-1)).toThrow(RangeError);
    expect(() => new BoundedSemaphore(0.5)).toThrow(RangeError);
  });
});

describe('an event', () => {
  it('lets everybody go on, in other processes too, until it is cleared', async () => {
    const event = keep(new Event());
    expect(event.wait({ timeout: 5 })).toBe(false);
    const waiters = [event.waitAsync(), event.waitAsync()];
    const elsewhere = partner<boolean>('wait', { handle: event.handle });
    event.set();
    event.set();
    expect(await Promise.all(waiters)).toEqual([true, true]);
    expect((await elsewhere.told).result).toBe(true);
    expect([event.isSet(), event.wait()]).toEqual([true, true]);
    event.clear();
    expect([event.isSet(), event.wait({ block: false })]).toEqual([false, false]);
  });
});
