import { describe, expect, it } from 'vitest';
import { families } from '../differential/families.mjs';
import { runNode } from '../support/child';

// Another one for every run, unless it is to be repeated: GREENIFY_SEED=<seed> npm run test:stress
const seed = process.env['GREENIFY_SEED'] ?? `${Date.now() % 1_000_000_000}`;

describe(`20,000 operations on kernel threads and in green threads, seed ${seed}`, () => {
  it.each(Object.keys(families))('%s', { timeout: 240_000 }, async (family) => {
    const args = ['--family', family, '--seed', seed, '--operations', '20000'];
    const { code, signal, stdout, stderr } = await runNode(['test/differential/run.mjs', ...args], {
      timeoutMs: 220_000,
    });
    // What disagrees, and where programs were that did not end, is in what was printed.
    expect(`code ${code}, signal ${signal}: ${stdout}${stderr}`).toMatch(
      /^code 0, signal null: \w+: seed \d+, \d+ operations.*\n$/,
    );
  });
});
