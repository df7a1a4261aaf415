/**
 * HTTP servers under `wrk -c64` (Debian's package wrk): plain handlers that call `querySync` in green
 * threads beside async handlers on pg, in Express and Fastify; and what a green thread costs a handler
 * that does nothing. Each server is a process of its own; they take turns, and medians are compared.
 * The processor time of the server per request is the figure that other load on the machine disturbs least.
 */
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startPostgres } from '../test/support/postgres.mjs';
import { formatTable, median } from './lib/report.mjs';

const run = promisify(execFile);

export const description = 'requests/s and p99 of Express and Fastify, querySync beside pg';

const CONNECTIONS = 64;
const DATABASE_CONNECTIONS = 16;
const WARM_UP_SECONDS = 2;
const SECONDS = 5;
const ROUNDS = 3;

const inExpress = [
  ['querySync, green', '../examples/express-pg/green.mjs'],
  ['pg, async', '../examples/express-pg/async.mjs'],
];
const inFastify = [
  ['querySync, green', '../examples/fastify-pg/green.mjs'],
  ['pg, async', '../examples/fastify-pg/async.mjs'],
];

/** Green first; its throughput is to be at least the other's, its p99 at most. */
const comparisons = {
  'express, a row': { path: '/users/7', contenders: inExpress },
  'express, 14 KB': { path: '/articles/7', contenders: inExpress },
  'fastify, a row': { path: '/users/7', contenders: inFastify },
  'fastify, 14 KB': { path: '/articles/7', contenders: inFastify },
  'no waiting': {
    path: '/',
    contenders: [
      ['green', 'contenders/hello.mjs', '--green'],
      ['plain', 'contenders/hello.mjs'],
    ],
  },
};

export async function measure() {
  const postgres = await startPostgres();
  try {
    const database = ['--database', postgres.connectionString];
    const options = [...database, '--connections', String(DATABASE_CONNECTIONS)];
    const results = {};
    for (const [name, comparison] of Object.entries(comparisons)) {
      results[name] = await compare(comparison, options);
    }
    return { connections: CONNECTIONS, seconds: SECONDS, rounds: ROUNDS, results };
  } finally {
    await postgres.stop();
  }
}

async function compare({ path, contenders }, options) {
  const rounds = contenders.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, [, script, ...flags]] of contenders.entries()) {
      rounds[index].push(await underLoad(path, script, [...flags, ...options]));
    }
  }
  const [green, other] = rounds.map((results) => {
    const medianOf = (figure) => median(results.map((result) => result[figure]));
    return {
      requestsPerSecond: medianOf('requestsPerSecond'),
      p99Ms: medianOf('p99Ms'),
      cpuMicroseconds: medianOf('cpuMicroseconds'),
    };
  });
  return {
    [contenders[0][0]]: green,
    [contenders[1][0]]: other,
    ratios: {
      throughput: green.requestsPerSecond / other.requestsPerSecond,
      p99: green.p99Ms / other.p99Ms,
      cpu: green.cpuMicroseconds / other.cpuMicroseconds,
    },
  };
}

async function underLoad(path, script, args) {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production' };
  const server = fork(file, args, { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(server, 'exit');
  try {
    const died = ended.then(() => Promise.reject(new Error(`${script} ended early`)));
    const [{ url }] = await Promise.race([once(server, 'message'), died]);
    await load(url + path, WARM_UP_SECONDS);
    const before = cpuSeconds(server.pid);
    const { requests, ...figures } = await load(url + path, SECONDS);
    return { ...figures, cpuMicroseconds: ((cpuSeconds(server.pid) - before) / requests) * 1e6 };
  } finally {
    server.kill();
    await ended;
  }
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
    ['  ratio', ratios.throughput.toFixed(2), ratios.p99.toFixed(2), ratios.cpu.toFixed(2)],
  ]);
  const title = `wrk -t1 -c${CONNECTIONS} -d${SECONDS}s, median of ${ROUNDS} rounds`;
  return `${title}\n\n${formatTable([['', 'requests/s', 'p99', 'CPU/request'], ...rows])}`;
}
