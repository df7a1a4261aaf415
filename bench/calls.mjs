/**
 * What redirection costs: nanoseconds of a call that no green thread makes, and the system calls of
 * one that a green thread makes.
 */
import { fileURLToPath } from 'node:url';
import { runScript } from './lib/child.mjs';
import { formatTable } from './lib/report.mjs';

export const description =
  'a redirected call outside green threads beside the plain one; system calls of green calls';

/** The most that the project allows itself. */
const GOALS = { nanoseconds: 3, ready: 2, waiting: 5 };

const script = (path) => fileURLToPath(new URL(path, import.meta.url));

export async function measure() {
  return {
    overhead: await runScript(script('contenders/overhead.mjs'), []),
    executable: await runScript(script('contenders/executable.mjs'), []),
    systemCalls: await runScript(script('../test/fixtures/scripts/system-calls.mjs'), []),
  };
}

function formatOverhead(overhead) {
  const rows = Object.entries(overhead).map(([name, { strategy, plain, redirected }]) => [
    name,
    strategy,
    plain.toFixed(1),
    redirected.toFixed(1),
    (redirected - plain).toFixed(1),
  ]);
  return (
    `nanoseconds outside green threads, goal: ${GOALS.nanoseconds} or less on top\n\n` +
    formatTable([['', 'strategy', 'plain', 'redirected', 'on top'], ...rows])
  );
}

function formatExecutable(executable) {
  const rows = Object.entries(executable).map(([name, { plain, redirected, green }]) =>
    [name, plain, redirected, green].map((cell) =>
      typeof cell === 'number' ? cell.toFixed(0) : cell,
    ),
  );
  return (
    'nanoseconds of Node’s own calls, the last column in a green thread\n\n' +
    formatTable([['', 'plain', 'redirected', 'green'], ...rows])
  );
}

function formatSystemCalls(situations, title, goal) {
  const rows = Object.entries(situations).map(([name, { own, turns }]) => [
    name,
    String(own.length),
    own.join(' '),
    turns.join(' '),
  ]);
  return (
    `system calls of a green call that ${title}, goal: ${goal} or less\n\n` +
    formatTable([['', 'its own', 'which', 'of the turns meanwhile'], ...rows])
  );
}

export function format({ overhead, executable, systemCalls: { ready, waiting } }) {
  return [
    formatOverhead(overhead),
    formatExecutable(executable),
    formatSystemCalls(ready, 'finds what it wants', GOALS.ready),
    formatSystemCalls(waiting, 'waits', GOALS.waiting),
  ].join('\n\n');
}
