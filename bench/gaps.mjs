/**
 * For how long the event loop stands still while a green thread waits in a package: in a program that only
 * imports it, and in the same with monkeyPatch in its first line. Each run is a process of its own.
 */
import { importedPackages, isSupported, patching, waitIn } from '../test/support/imported.mjs';
import { formatTable, median } from './lib/report.mjs';

export const description = 'how long the event loop stands still while packages wait';

const ROUNDS = 5;

export async function measure() {
  const results = {};
  for (const name of Object.keys(importedPackages).filter(isSupported)) {
    const plain = await waitIn(name, '');
    const gaps = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      gaps.push((await waitIn(name, patching(name))).gap);
    }
    results[name] = {
      waitMs: plain.ms,
      plainGapMs: plain.gap,
      greenGapMs: median(gaps),
      worstMs: Math.max(...gaps),
    };
  }
  return { rounds: ROUNDS, results };
}

export function format({ results }) {
  const ms = (value) => `${value.toFixed(1)} ms`;
  const rows = Object.entries(results).map(
    ([name, { waitMs, plainGapMs, greenGapMs, worstMs }]) => [
      name,
      ms(waitMs),
      ms(plainGapMs),
      ms(greenGapMs),
      ms(worstMs),
    ],
  );
  const title = `the longest time between two turns of the event loop, median of ${ROUNDS} runs`;
  return `${title}\n\n${formatTable([['', 'the call takes', 'plain', 'green', 'worst run'], ...rows])}`;
}
