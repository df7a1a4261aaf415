/** The cost of greenify's own steps: starting and finishing, yielding, awaiting. */
import { fileURLToPath } from 'node:url';
import { runScript } from './lib/child.mjs';
import { formatTable, median } from './lib/report.mjs';

export const description =
  'cost of starting a green thread, of a yield, and of await_ beside await';

const ROUNDS = 5;

export async function measure() {
  const path = fileURLToPath(new URL('contenders/steps.mjs', import.meta.url));
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await runScript(path, []));
  const nanoseconds = Object.fromEntries(
    Object.keys(rounds[0]).map((name) => [name, median(rounds.map((round) => round[name]))]),
  );
  return { rounds, nanoseconds };
}

export function format({ nanoseconds }) {
  const rows = Object.entries(nanoseconds).map(([name, ns]) => [name, (ns / 1000).toFixed(2)]);
  return `median of ${ROUNDS} rounds\n\n${formatTable([['', 'µs'], ...rows])}`;
}
