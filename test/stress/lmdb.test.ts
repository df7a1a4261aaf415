import { describe, expect, it } from 'vitest';
import { describeSharedLock, runCase } from './shared-lock';

const run = (name: string, ...more: string[]): Promise<unknown> =>
  runCase('lmdb.mjs', (directory) => [name, directory, ...more]);

describe('lmdb', () => {
  describeSharedLock('lmdb', ['sleep', 'fs-ext'], {
    pthread_mutex_lock: 'green',
    pwrite64: 'offloaded',
    fdatasync: 'offloaded',
  });

  it('keeps a transaction that waits to its green thread: others read, and write after it', async () => {
    expect(await run('isolation')).toEqual({
      log: [
        'the loop stack reads 0',
        'another green thread reads 0',
        'meanwhile -,-,-,-',
        'the writer reads 1',
        'then 12,-,1,1,1,-',
        'f is 1',
      ],
      busy: 'ERR_GREENIFY_BUSY',
      rejected: 'Key size is larger than the maximum key size (1978)',
      settled: Array(6).fill(true),
    });
  });

  it('writes asynchronously before, while and after a green thread waits for another process', async () => {
    expect(await run('awaiting')).toEqual({
      wasSettled: false,
      settled: [true, true, null, true],
      result: { after: 1, before: 1, during: 1, held: 1, seen: true },
    });
  });

  it('takes back what is aborted, by whatever way, and child transactions alone', async () => {
    expect(await run('aborts')).toEqual({
      result: [0, 1, 2],
      messages: ['my own', 'Key size is larger than the maximum key size (1978)'],
    });
  });

  it('lets others in when a green thread is cancelled, while it waits or in its transaction', async () => {
    expect(await run('cancelled')).toEqual({ a: 2, reasons: ['no longer wanted', 'nor this one'] });
  });

  it('keeps green threads out of a transaction whose callback is asynchronous', async () => {
    expect(await run('lingering')).toEqual({
      log: [
        'the callback reads 1',
        'the next one reads 2',
        'done',
        'then 5',
        'a green thread reads 5',
        'and then 6 5',
      ],
    });
  });

  it('is closed when those who are in it, or wait, have done', async () => {
    expect(await run('closing')).toEqual({
      a: 2,
      late: 'The database has been closed and you can not transact on it',
    });
  });

  it('gives green threads snapshots at once', async () => {
    expect(await run('readers')).toEqual({ result: [[0, 0], [1, 1], ['a'], 2] });
  });

  it('keeps apart two instances of one environment', async () => {
    const { log } = (await run('twice')) as { log: (string | number)[] };
    expect(log.pop()).toBe(3);
    for (let i = 0; i < log.length; i += 2) {
      expect(log[i + 1]).toBe(String(log[i]).replace('begins', 'ends'));
    }
  });

  it.each([
    { noSync: true },
    {}, // synchronises one transaction while the next one goes on
    { overlappingSync: false },
    { strictAsyncOrder: true },
    { eventTurnBatching: false },
    { noSync: true, compression: true },
  ])('moves, counts and reads right in every way at once: %j', async (options) => {
    const result = await run('random', '60', JSON.stringify(options));
    expect(result).toEqual({ keys: 0, callbacks: 0 });
  });
});
