#!/usr/bin/env node
/** A small HTTP load generator: a bounded number of requests to a server on this machine. */
import { setMaxListeners } from 'node:events';
import { Agent, get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const usage = `usage: load.mjs --url <url> [--requests <n>] [--connections <n>] [--timeout <s>]

  --url <url>        where to send them: a loopback address only
  --requests <n>     how many in all (default: 100, at most 100000)
  --connections <n>  how many at a time, each on its own connection (default: 100)
  --timeout <s>      give up after this many seconds (default: 60)`;

const MOST_REQUESTS = 100_000;
const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost']);

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    requests: { type: 'string', default: '100' },
    connections: { type: 'string', default: '100' },
    timeout: { type: 'string', default: '60' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

// Started by a parent (the demo): end with it. Listening alone must not keep this process alive.
process.once('disconnect', () => process.exit());
process.channel?.unref();

if (values.help) {
  console.log(usage);
} else {
  try {
    await main(readOptions(values));
  } catch (error) {
    console.error(`load.mjs: ${error.message}`);
    process.exitCode = 2;
  }
}

function readOptions({ url, requests, connections, timeout }) {
  if (!url) throw new Error(`--url is missing\n${usage}`);
  if (!LOOPBACK.has(new URL(url).hostname)) throw new Error(`${url} is not a loopback address`);
  return {
    url,
    requests: readCount('--requests', requests, MOST_REQUESTS),
    connections: readCount('--connections', connections, MOST_REQUESTS),
    timeoutSeconds: readCount('--timeout', timeout, 3600),
  };
}

function readCount(name, text, most) {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new Error(`${name} is a whole number from 1 to ${most}, not "${text}"`);
}

/** Sends all requests, reports progress to the parent process, and prints the result as JSON. */
async function main({ url, requests, connections, timeoutSeconds }) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  setMaxListeners(requests, signal); // One listener a request, and no leak.
  const started = performance.now();
  let done = 0;
  const one = async () => {
    const failure = await requestOnce(url, agent, signal);
    done += 1;
    process.send?.({ done, requests });
    return failure;
  };
  const failures = (await Promise.all(Array.from({ length: requests }, one))).filter(Boolean);
  const seconds = (performance.now() - started) / 1000;
  agent.destroy();

  const result = { requests, failed: failures.length, firstFailure: failures[0], seconds };
  console.log(JSON.stringify(result));
  process.send?.({ result });
  if (failures.length > 0) process.exitCode = 1;
}

/** What went wrong, or undefined. */
function requestOnce(url, agent, signal) {
  return new Promise((resolve) => {
    const request = get(url, { agent, signal }, (response) => {
      const failure = response.statusCode === 200 ? undefined : `status ${response.statusCode}`;
      response.on('error', (error) => resolve(error.message));
      response.on('end', () => resolve(failure));
      response.resume();
    });
    request.on('error', (error) => resolve(error.message));
  });
}
