import { describe, expect, it } from 'vitest';
import { runNode } from '../support/child';

const families = [
  'sockets',
  'multiplexing',
  'descriptors',
  'files',
  'locks',
  'semaphores',
  'children',
  'names',
];

// A seed of its own for every run; what fails prints it.
const seed = `${Date.now() % 1_000_000_000}`;

describe(`20,000 operations on kernel threads and in green threads, seed ${seed}`, () => {
  it.each(families)('%s', { timeout: 200_000 }, async (family) => {
    const args = ['--family', family, '--seed', seed, '--operations', '20000'];
    const ended = await runNode(['test/differential/run.mjs', ...args], { timeoutMs: 180_000 });
    expect(ended.stdout).not.toContain('disagreement');
    expect(ended).toMatchObject({ code: 0, signal: null });
  });
});
