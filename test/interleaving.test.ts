import { expect, it } from 'vitest';
import { interleave } from './stress/interleave';

// test/stress/interleaving.test.ts says what this is, and runs more of it.
it('gives right results when callbacks of builtins wait in any order', async () => {
  const { deck, cases, waits, collections } = await interleave('greenify');
  expect(deck).toBeGreaterThan(100);
  expect(cases).toBe(3 * deck);
  expect(waits).toBeGreaterThan(1000);
  expect(collections).toBeGreaterThan(50);
});
