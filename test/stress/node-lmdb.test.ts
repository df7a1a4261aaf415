import { expect, it } from 'vitest';
import { describeWhere } from '../support/where';
import { describeSharedLock, runCase } from './shared-lock';

const run = (name: string): Promise<unknown> =>
  runCase('node-lmdb.mjs', (directory) => [name, directory], ['--expose-gc']);

const isCompiled = Number(process.versions.node.split('.')[0]) < 26;

describeWhere(isCompiled, 'node-lmdb does not compile on Node 26', 'node-lmdb', () => {
  describeSharedLock('node-lmdb', ['sleep', 'lmdb'], {
    pthread_mutex_lock: 'green',
    pwrite64: 'offloaded',
    fdatasync: 'offloaded',
  });

  it('lets a transaction end in another green thread than it began in, or on the loop stack', async () => {
    expect(await run('elsewhere')).toEqual({ log: [1, 2, 3, 4] });
  });

  it('gives its own errors, and goes on; the loop stack is told that it cannot wait', async () => {
    expect(await run('errors')).toEqual({
      log: [
        "You have already opened a write transaction in the current process, can't open a second one.",
        'ERR_GREENIFY_BUSY',
        'The transaction is already closed.',
        -30781, // MDB_BAD_VALSIZE
        2,
      ],
    });
  });

  it('tells who waits that the environment has been closed', async () => {
    expect(await run('closing')).toEqual({
      outcomes: ['The transaction is already closed.', 'The environment is already closed.'],
    });
  });

  it('is not closed while a green thread is in a call', async () => {
    expect(await run('closingTooEarly')).toEqual({
      outcomes: ['ERR_GREENIFY_BUSY', 'done', 1, 'done'],
    });
  });

  it('goes on after a transaction that was lost, when the collector has ended it', async () => {
    expect(await run('abandoned')).toEqual({ a: 2 });
  });

  it('gives each green thread the snapshot of its own read transaction', async () => {
    expect(await run('readers')).toEqual({
      seen: [
        [0, 0, 2],
        [1, 1, 2],
      ],
    });
  });

  it('keeps apart what waits for LMDB’s own lock: a second Env, openDbi(), a batch', async () => {
    expect(await run('beside')).toEqual({
      first: 'the holder commits',
      rest: ['openDbi() is done', 'the batch is written', 'the other Env has written'],
      a: 11,
    });
  });
});
