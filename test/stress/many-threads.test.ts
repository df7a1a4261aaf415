import { describe, expect, it } from 'vitest';
import { runNode } from '../support/child';

const COUNT = 10_000;

interface Measured {
  /** Threads that were suspended together, and those that ended with the right result. */
  waiting: number;
  right: number;
  /** Resident size in KB; test/fixtures/scripts/stress/many-threads.js says when. */
  start: number;
  suspended: number;
  end: number;
}

async function measure(way: string): Promise<Measured> {
  const script = 'test/fixtures/scripts/stress/many-threads.js';
  const ended = await runNode([script, way, String(COUNT)], {
    flags: ['--expose-gc', '--max-semi-space-size=1'],
    timeoutMs: 110_000,
  });
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  const measured = JSON.parse(ended.stdout) as Measured;
  const each = (measured.suspended - measured.start) / COUNT;
  const left = (100 * measured.end) / measured.start - 100;
  console.log(`${way}: ${each.toFixed(1)} KB resident each, ${left.toFixed(1)} % more at the end`);
  return measured;
}

describe.each(['sleep', 'await', 'read', 'poll'])('ten thousand green threads in %s', (way) => {
  it('lose nothing, cost little and give their memory back', { timeout: 120_000 }, async () => {
    const { waiting, right, start, suspended, end } = await measure(way);
    expect(waiting).toBe(COUNT);
    expect(right).toBe(COUNT);
    expect((suspended - start) / COUNT).toBeLessThan(24);
    expect(end).toBeLessThan(1.15 * start);
  });
});
