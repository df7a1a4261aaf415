import { describe, expect, it } from 'vitest';
import { describeSharedLock, runCase } from './shared-lock';

const run = (name: string, mode: string): Promise<unknown> =>
  runCase('fs-ext.mjs', (directory) => [name, directory, mode]);

describe('fs-ext', () => {
  describeSharedLock('fs-ext', ['sleep', 'lmdb'], { flock: 'offloaded', fcntl64: 'offloaded' });

  it('gives the results and errors that it gives without greenify', async () => {
    const plain = (await run('errors', 'plain')) as { outcomes: unknown[] };
    expect(plain.outcomes.slice(0, 9)).toEqual([
      ...['EAGAIN', 'EAGAIN', 'EAGAIN', 'done', 'done', 'done', 'done', 'EBADF', 'EINVAL'],
    ]);
    expect(await run('errors', 'green')).toEqual(plain);
  });

  it('lets readers in together and a writer alone, and leaves the calls with a callback alone', async () => {
    const { first, rest } = (await run('shared', 'green')) as { first: string[]; rest: string[] };
    expect(first).toEqual(['A begins', 'A ends', 'B begins', 'B ends']);
    expect(rest.filter((line) => line !== 'the callback')).toEqual(['C begins', 'C ends']);
    expect(rest).toContain('the callback');
  });

  it('has one of two processes told of a deadlock of record locks: EDEADLK', async () => {
    for (const mode of ['green', 'plain']) {
      const { told } = (await run('deadlock', mode)) as { told: unknown[] };
      expect(told).toHaveLength(1);
    }
  });
});
