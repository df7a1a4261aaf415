import { expect } from 'vitest';
import { runNode } from '../support/child';

/** What a run of test/fixtures/scripts/stress/interleaving.js counts. */
export interface Interleaving {
  seed: string;
  /** Cases there are. */
  deck: number;
  /** Cases that ran, each of them several times. */
  cases: number;
  waits: number;
  collections: number;
}

const script = 'test/fixtures/scripts/stress/interleaving.js';

/** Runs the random interleaving of one seed in a child, and expects a good end. */
export async function interleave(seed: string, flags: string[] = []): Promise<Interleaving> {
  const ended = await runNode([script, seed], {
    flags: ['--expose-gc', ...flags],
    timeoutMs: 90_000,
  });
  const again = `node --expose-gc ${[...flags, script, seed].join(' ')}`;
  expect(ended, `to see it again: ${again}`).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout) as Interleaving;
}
