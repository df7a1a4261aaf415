import { describe, expect, it } from 'vitest';
import { interleave } from './interleave';

// Forty green threads run every case of test/fixtures/scripts/stress/cases three times in random
// order. A case calls a builtin of V8 or Node that calls back, waits in the callback (sleep, await_,
// a turn of the loop, a timer) with garbage collections around the wait, and checks the result.
//
// Not among the cases, because V8 itself cannot have several of them suspended at once:
// - elements whose toString or toLocaleString waits under Array#join, toString or toLocaleString
//   (the stack of arrays being joined belongs to the realm: three at once abort);
// - on Node 22, callbacks of JSON.stringify that wait (V8 12.4 aborts when two of them end in
//   another order than they began).
// Nor what Node's own JavaScript keeps in one place for everybody while it calls back:
// - AsyncLocalStorage#exit on Node 20 and 22, which switches the store off for the whole process;
// - getters that an AssertionError shows, which run with Error.stackTraceLimit set to 0.

const flagSets = [
  [],
  ['--stress-compaction'],
  ['--max-semi-space-size=1'],
  ['--stress-scavenge=20'],
  ['--always-sparkplug'],
];
const seeds = ['first', 'second', 'third', 'fourth'];

describe.each(flagSets.map((flags) => ({ flags, name: flags.join(' ') || 'no V8 flags' })))(
  'random interleaving of waits inside callbacks, $name',
  ({ flags }) => {
    it.each(seeds)('seed %s', { timeout: 120_000 }, async (seed) => {
      const { deck, cases } = await interleave(seed, flags);
      expect(cases).toBe(3 * deck);
    });
  },
);
