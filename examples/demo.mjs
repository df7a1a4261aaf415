#!/usr/bin/env node
/**
 * The same HTTP server twice, plain and green, each under 100 concurrent requests whose handler
 * waits 0.2 s in a blocking database call. Everything runs on loopback and is ended again.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { formatTable } from '../bench/lib/report.mjs';
import { startPostgres } from '../test/support/postgres.mjs';

const REQUESTS = 100;
const SPARE_DATABASE_CONNECTIONS = 10;

const usage = `usage: npm run demo [-- --only plain|green]

Starts a private PostgreSQL and compares an HTTP server that calls pg-native's querySync, plain and
in green threads: ${REQUESTS} requests of "select pg_sleep(0.2)" at once, over ${REQUESTS} connections.

  --only <mode>  run one of the two`;

const modes = { plain: [], green: ['--green'] };

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
});

if (options.help) {
  console.log(usage);
} else if (options.only !== undefined && !Object.hasOwn(modes, options.only)) {
  console.error(usage);
  process.exitCode = 2;
} else {
  await runUntilInterrupted(demo);
}

/** Ctrl-C and termination abort the task, whose `finally` blocks then end what it started. */
async function runUntilInterrupted(task) {
  const interruption = new AbortController();
  const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }; // 128 + signal(7), as shells do
  for (const [name, code] of Object.entries(exitCodes)) {
    process.once(name, () => interruption.abort(code));
  }
  const { signal } = interruption;
  try {
    await task(signal);
  } catch (error) {
    console.error(signal.aborted ? '\ninterrupted' : `\n${error.stack}`);
    process.exitCode = signal.aborted ? signal.reason : 1;
  } finally {
    for (const name of Object.keys(exitCodes)) process.removeAllListeners(name);
  }
}

async function demo(signal) {
  console.log('starting PostgreSQL …');
  const postgres = await startPostgres({ maxConnections: REQUESTS + SPARE_DATABASE_CONNECTIONS });
  try {
    const results = {};
    for (const mode of options.only ? [options.only] : Object.keys(modes)) {
      results[mode] = await measure(mode, postgres, signal);
    }
    console.log(`\n${table(results)}\n`);
  } finally {
    await postgres.stop();
  }
}

/** One server under load: what the load generator saw, and what the server's delay meter saw. */
async function measure(mode, postgres, signal) {
  const database = ['--database', postgres.connectionString, '--connections', String(REQUESTS)];
  const server = startChild('http-pg/server.mjs', [...modes[mode], ...database], signal);
  try {
    const { url } = await server.message(() => true);
    const load = await runLoad(mode, url, signal);
    const stats = await (await fetch(new URL('/stats', url), { signal })).json();
    return { ...load, ...stats };
  } finally {
    await server.stop();
  }
}

async function runLoad(mode, url, signal) {
  const count = String(REQUESTS);
  const args = ['--url', url, '--requests', count, '--connections', count];
  const load = startChild('http-pg/load.mjs', args, signal);
  const progress = startProgress(mode);
  try {
    const { result } = await load.message((message) => {
      if (message.done) progress.show(message.done);
      return message.result;
    });
    if (result.failed > 0) {
      throw new Error(
        `${result.failed} ${mode} requests failed, the first: ${result.firstFailure}`,
      );
    }
    return result;
  } finally {
    progress.end();
    await load.stop();
  }
}

/** A child process that reports over its IPC channel, and ends with the signal. */
function startChild(script, args, signal) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = fork(path, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const kill = () => child.kill('SIGTERM');
  signal.addEventListener('abort', kill);
  if (signal.aborted) kill();

  /** The first message that `accept` accepts. */
  const message = async (accept) => {
    const accepted = new Promise((resolve) => {
      child.on('message', (content) => accept(content) && resolve(content));
    });
    const died = ended.then(([code, killedBy]) => {
      signal.throwIfAborted();
      throw new Error(`${script} ended early: ${killedBy ?? `exit code ${code}`}`);
    });
    return Promise.race([accepted, died]);
  };

  const stop = async () => {
    kill();
    await ended;
    signal.removeEventListener('abort', kill);
  };

  return { message, stop };
}

/** A line that counts up on a terminal; elsewhere one line at the end. */
function startProgress(mode) {
  const started = Date.now();
  let done = 0;
  const line = () => {
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    return `${mode}: ${done} of ${REQUESTS} requests answered, ${seconds} s`;
  };
  const redraw = () => process.stdout.write(`\r${line()}`);
  const timer = process.stdout.isTTY ? setInterval(redraw, 100) : undefined;
  return {
    show: (count) => {
      done = count;
    },
    end: () => {
      clearInterval(timer);
      if (process.stdout.isTTY) redraw();
      else process.stdout.write(line());
      process.stdout.write('\n');
    },
  };
}

function table(results) {
  const rows = {
    requests: (result) => String(result.requests),
    'total time': (result) => `${result.seconds.toFixed(2)} s`,
    'worst event-loop delay': (result) => `${worstDelay(result).toFixed(1)} ms`,
  };
  const header = ['', ...Object.keys(results)];
  const body = Object.entries(rows).map(([name, cell]) => [
    name,
    ...Object.values(results).map(cell),
  ]);
  return formatTable([header, ...body]);
}

/** By whichever of the server's two meters saw more. */
function worstDelay({ worstDelayMs, worstDelayOfHistogramMs }) {
  return Math.max(worstDelayMs, worstDelayOfHistogramMs);
}
