import { expect, it } from 'vitest';
import { handOver } from '../support/hand_over';

it('two processes hand a POSIX semaphore back and forth while both loops tick', async () => {
  const { milliseconds, loops } = await handOver(3000);
  expect(milliseconds).toBeLessThan(15_000); // looking again by a timer would take longer
  for (const { ticks } of loops) expect(ticks).toBeGreaterThan(3);
});
