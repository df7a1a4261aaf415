import { expect, it } from 'vitest';
import { handOver } from '../support/hand_over';

it('two processes hand a POSIX semaphore back and forth 10,000 times', async () => {
  const { milliseconds, loops } = await handOver(10_000);
  console.log(`10,000 hand-overs there and back: ${Math.round(milliseconds)} ms`);
  // Looking again by a timer would take more than 50 s.
  expect(milliseconds).toBeLessThan(25_000);
  for (const { ticks, longest } of loops) {
    expect(ticks).toBeGreaterThan(20);
    expect(longest).toBeLessThan(1000);
  }
}, 120_000);
