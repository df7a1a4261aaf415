import { expect, it } from 'vitest';
import { handOver } from '../support/hand_over';

it('two processes hand a POSIX semaphore back and forth while both loops tick', async () => {
  const { milliseconds, loops } = await handOver(1000);
  for (const { ticks, longest } of loops) {
    expect(ticks).toBeGreaterThan(3);
    expect(longest).toBeLessThan(milliseconds);
  }
});
