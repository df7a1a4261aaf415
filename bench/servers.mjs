/**
 * HTTP servers under `wrk -c64` (Debian's package wrk), in Express and Fastify: plain handlers that block, in
 * green threads, beside async handlers on an asynchronous driver: `querySync` beside pg, better-sqlite3
 * beside sqlite3. And what a green thread costs a handler that does nothing. Each server is a process of its
 * own, for which the database and wrk leave a processor free. Two servers that are compared take turns, and of the
 * ratios of each turn the median is given: other load on the machine comes and goes, and is much the same for both.
 * p99 most of all is made by chance (a few collections of the heap, what the scheduler does), so that a ratio comes
 * with an interval. It takes about eleven minutes.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgres } from '../test/support/postgres.mjs';
import { withFreeProcessor } from './lib/processors.mjs';
import { formatTable, median, medianInterval } from './lib/report.mjs';

const run = promisify(execFile);

export const description = 'requests/s and p99 of Express and Fastify, blocking and async drivers';

const CONNECTIONS = 64;
const DATABASE_CONNECTIONS = 16;
const WARM_UP_SECONDS = 3;
const SECONDS = 2;
const ROUNDS = 30;

const onPg = (framework) => [
  ['querySync, green', `../examples/${framework}-pg/green.mjs`],
  ['pg, async', `../examples/${framework}-pg/async.mjs`],
];
const onSqlite = (framework) => [
  ['better-sqlite3, green', `../examples/${framework}-sqlite/green.mjs`],
  ['sqlite3, async', `../examples/${framework}-sqlite/async.mjs`],
];

/** Green first; its throughput is to be at least the other's, its p99 at most. */
const comparisons = {
  'express, 3 queries': { on: withPostgres, path: '/users/7', contenders: onPg('express') },
  'fastify, 3 queries': { on: withPostgres, path: '/users/7', contenders: onPg('fastify') },
  'express, a write': { on: withSqlite, path: '/visits/7', contenders: onSqlite('express') },
  'fastify, a write': { on: withSqlite, path: '/visits/7', contenders: onSqlite('fastify') },
  'no waiting': {
    on: (comparing) => comparing([]),
    path: '/',
    contenders: [
      ['green', 'contenders/hello.mjs', '--green'],
      ['plain', 'contenders/hello.mjs'],
    ],
  },
};

export async function measure() {
  const results = await withFreeProcessor(async (onAll) => {
    const compared = {};
    for (const [name, { on, ...comparison }] of Object.entries(comparisons)) {
      console.error(`servers: ${name} …`);
      compared[name] = await on((options) => compare(comparison, options, onAll));
    }
    return compared;
  });
  return { connections: CONNECTIONS, seconds: SECONDS, rounds: ROUNDS, results };
}

async function withPostgres(comparing) {
  const postgres = await startPostgres();
  try {
    const database = ['--database', postgres.connectionString];
    return await comparing([...database, '--connections', String(DATABASE_CONNECTIONS)]);
  } finally {
    await postgres.stop();
  }
}

/** A database that another process writes to as well. */
async function withSqlite(comparing) {
  const directory = mkdtempSync(join(tmpdir(), 'greenify-bench-'));
  const database = ['--database', join(directory, 'visits.db')];
  const holder = start('contenders/lock-holder.mjs', database);
  try {
    await holder.told;
    return await comparing(database);
  } finally {
    await holder.stop();
    rmSync(directory, { recursive: true });
  }
}

/** Starts a script of Node: what it says first, and a way to end it. */
function start(script, args) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = fork(file, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const died = ended.then(() => Promise.reject(new Error(`${script} ended early`)));
  const told = Promise.race([once(child, 'message'), died]).then(([message]) => message);
  const stop = () => {
    child.kill();
    return ended;
  };
  return { pid: child.pid, told, stop };
}

async function compare({ path, contenders }, options, onAll) {
  const servers = [];
  try {
    for (const [, script, ...flags] of contenders) {
      const server = start(script, [...flags, ...options]);
      servers.push(server);
      const { url } = await server.told;
      await onAll(server.pid);
      server.url = url + path;
      await load(server.url, WARM_UP_SECONDS);
    }
    return await takeTurns(contenders, servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function takeTurns([[greenName], [otherName]], servers) {
  const rounds = servers.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    const turns = [...servers.entries()];
    if (round % 2 === 1) turns.reverse();
    for (const [index, server] of turns) rounds[index].push(await underLoad(server));
  }
  const [green, other] = rounds;
  const ratios = mapFigures((figure) => {
    const quotients = green.map((result, round) => result[figure] / other[round][figure]);
    return { median: median(quotients), interval: medianInterval(quotients) };
  });
  return { [greenName]: medians(green), [otherName]: medians(other), ratios };
}

const mapFigures = (figureOf) =>
  Object.fromEntries(
    ['requestsPerSecond', 'p99Ms', 'cpuMicroseconds'].map((figure) => [figure, figureOf(figure)]),
  );

const medians = (results) =>
  mapFigures((figure) => median(results.map((result) => result[figure])));

async function underLoad({ pid, url }) {
  const before = cpuSeconds(pid);
  const { requests, ...figures } = await load(url, SECONDS);
  return { ...figures, cpuMicroseconds: ((cpuSeconds(pid) - before) / requests) * 1e6 };
}

/** What a process has used in user and kernel mode: proc_pid_stat(5), counted in ticks of 10 ms. */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function load(url, seconds) {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--timeout', '20s', '--latency', url];
  const { stdout } = await run('wrk', args);
  const rate = /^Requests\/sec:\s+([\d.]+)$/m.exec(stdout);
  const p99 = /^\s+99%\s+([\d.]+)(us|ms|s)\s*$/m.exec(stdout);
  const requests = /(\d+) requests in /.exec(stdout);
  const failed = /Non-2xx|Socket errors/.exec(stdout);
  if (!rate || !p99 || !requests || failed) throw new Error(`wrk ${args.join(' ')}:\n${stdout}`);
  const milliseconds = { us: 1e-3, ms: 1, s: 1e3 };
  return {
    requests: Number(requests[1]),
    requestsPerSecond: Number(rate[1]),
    p99Ms: Number(p99[1]) * milliseconds[p99[2]],
  };
}

const formatInterval = ([from, to]) => `${from.toFixed(2)} to ${to.toFixed(2)}`;

export function format({ results }) {
  const rows = Object.entries(results).flatMap(([name, { ratios, ...contenders }]) => [
    ...Object.entries(contenders).map(
      ([contender, { requestsPerSecond, p99Ms, cpuMicroseconds }]) => [
        `${name}: ${contender}`,
        Math.round(requestsPerSecond).toLocaleString('en'),
        `${p99Ms.toFixed(1)} ms`,
        `${cpuMicroseconds.toFixed(1)} µs`,
      ],
    ),
    ['  ratio', ...Object.values(ratios).map((ratio) => ratio.median.toFixed(2))],
    ['  95 % interval', ...Object.values(ratios).map(({ interval }) => formatInterval(interval))],
  ]);
  const title = `wrk -t1 -c${CONNECTIONS} -d${SECONDS}s, medians of ${ROUNDS} rounds`;
  return `${title}\n\n${formatTable([['', 'requests/s', 'p99', 'CPU/request'], ...rows])}`;
}
