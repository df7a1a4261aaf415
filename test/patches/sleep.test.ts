import { isMonkeyPatched, monkeyPatch, spawn } from 'greenify';
import { beforeAll, describe, expect, it } from 'vitest';
import { requirePackage } from '../support/packages.mjs';

type Name = 'sleep' | 'msleep' | 'usleep';
let waits: Record<Name, (duration: number) => void>;

beforeAll(() => {
  waits = requirePackage('sleep') as typeof waits;
});

/** The longest pause of the event loop, in milliseconds, until `work` is done. */
async function worstPause(work: () => unknown): Promise<number> {
  let worst = 0;
  let last = performance.now();
  const look = (): void => {
    worst = Math.max(worst, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 5);
  await work();
  look();
  clearInterval(timer);
  return worst;
}

describe('the package sleep', () => {
  it('stops the event loop before monkeyPatch', async () => {
    expect(isMonkeyPatched('sleep')).toBe(false);
    expect(await worstPause(() => spawn(() => waits.msleep(300)))).toBeGreaterThanOrEqual(300);
  });

  it('does not in green threads after it, and waits as long', async () => {
    monkeyPatch({ sleep: true });
    const start = performance.now();
    const calls: [Name, number][] = [
      ['sleep', 1],
      ['msleep', 1000],
      ['usleep', 1_000_000],
    ];
    const pause = await worstPause(() =>
      Promise.all(calls.map(([name, duration]) => spawn(() => waits[name](duration)))),
    );
    const took = performance.now() - start;
    expect(took).toBeGreaterThanOrEqual(999);
    expect(took).toBeLessThan(2500); // one after another: three seconds
    expect(pause).toBeLessThan(300);
  });
});
