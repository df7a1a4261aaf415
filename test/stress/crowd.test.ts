import { describe, expect, it } from 'vitest';
import { runNode } from '../support/child';

const COUNT = 500;

/** test/fixtures/scripts/stress/crowd.js */
interface Measured {
  latest: number;
  threads: number;
  wrong: number;
  waiting: number;
  offloads: number;
  left: number;
}

async function measure(): Promise<Measured> {
  const script = 'test/fixtures/scripts/stress/crowd.js';
  const ended = await runNode([script, String(COUNT)], { timeoutMs: 60_000 });
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout) as Measured;
}

describe(`${COUNT} green threads in getaddrinfo, ${COUNT} in flock and ${COUNT} in waitpid`, () => {
  // The delay is that of a machine on which nothing else runs at the moment.
  it('all come right, the loop is never late, no thread stays', { retry: 2 }, async () => {
    const { latest, threads, wrong, waiting, offloads, left } = await measure();
    console.log(`loop late by ${latest.toFixed(1)} ms at most, ${threads} offload threads`);
    expect(wrong).toBe(0);
    expect(waiting, 'in flock and in waitpid when the last name was there').toBe(2 * COUNT);
    expect(offloads).toBeGreaterThanOrEqual(2 * COUNT);
    expect(left, 'offload threads when idle').toBe(0);
    expect(latest).toBeLessThan(50);
  });
});
