/**
 * Queries per second of `querySync` in green threads, beside other ways to send the same queries
 * over the same number of connections. The contenders take turns, each in a process of its own;
 * what is compared is the median of the rounds.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgres } from '../test/support/postgres.mjs';
import { STATEMENT } from './contenders/workload.mjs';
import { runScript } from './lib/child.mjs';
import { formatTable, median } from './lib/report.mjs';

const run = promisify(execFile);

export const description =
  "querySync in green threads beside pg, pg-native's callbacks and pgbench";

const CONNECTIONS = 16;
const QUERIES = 2000;
const ROUNDS = 3;

/** The least ratio of green to the contender that the project asks of itself. */
const GOALS = { pg: 1.2, pgbench: 0.75 };

const script =
  (name, ...flags) =>
  (postgres) =>
    runContender(name, postgres, flags);

const contenders = {
  'querySync, green': script('query-sync.mjs', '--green'),
  pg: script('pg.mjs'),
  'pg-native, callbacks': script('pg-native-async.mjs'),
  'querySync, plain': script('query-sync.mjs'),
  pgbench: runPgbench,
};
const [GREEN, ...OTHERS] = Object.keys(contenders);

export async function measure() {
  const postgres = await startPostgres();
  try {
    const rounds = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [name, contender] of Object.entries(contenders)) {
        rounds[name].push(await contender(postgres));
      }
    }
    return summarize(rounds);
  } finally {
    await postgres.stop();
  }
}

function summarize(rounds) {
  const queriesPerSecond = Object.fromEntries(
    Object.entries(rounds).map(([name, rates]) => [name, median(rates)]),
  );
  const ratios = Object.fromEntries(
    OTHERS.map((name) => [name, queriesPerSecond[GREEN] / queriesPerSecond[name]]),
  );
  return { connections: CONNECTIONS, queries: QUERIES, rounds, queriesPerSecond, ratios };
}

export function format({ queriesPerSecond, ratios }) {
  const rows = Object.entries(queriesPerSecond).map(([name, rate]) => [
    name,
    Math.round(rate).toLocaleString('en'),
    ratios[name] ? ratios[name].toFixed(2) : '',
    GOALS[name] ? `${GOALS[name]} or more` : '',
  ]);
  const title =
    `${CONNECTIONS} connections × ${QUERIES.toLocaleString('en')} × "${STATEMENT}", ` +
    `median of ${ROUNDS} rounds`;
  return `${title}\n\n${formatTable([['', 'queries/s', 'green ÷ it', 'goal'], ...rows])}`;
}

async function runContender(name, postgres, flags) {
  const path = fileURLToPath(new URL(`contenders/${name}`, import.meta.url));
  const args = [postgres.connectionString, String(CONNECTIONS), String(QUERIES), ...flags];
  const { seconds } = await runScript(path, args);
  return (CONNECTIONS * QUERIES) / seconds;
}

async function runPgbench({ bin, connectionString, socketDirectory }) {
  const file = join(socketDirectory, 'select-one.sql');
  await writeFile(file, `${STATEMENT};\n`);
  const load = ['-n', '-c', String(CONNECTIONS), '-j', '1', '-t', String(QUERIES), '-f', file];
  const { stdout } = await run(join(bin, 'pgbench'), [...load, connectionString]);
  const rate = /^tps = ([\d.]+) \(without initial connection time\)/m.exec(stdout);
  if (!rate) throw new Error(`pgbench printed no rate:\n${stdout}`);
  return Number(rate[1]);
}
