#!/usr/bin/env node
/**
 * An HTTP server whose handler waits in a blocking C function: pg-native's `querySync`, unmodified.
 * Plain, each query stops the whole process. With --green, only the green thread that waits.
 */
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { requirePackage } from '../../test/support/packages.mjs';
import { DelayMeter } from './delay-meter.mjs';

const usage = `usage: server.mjs [--green] [--database <url>] [--connections <n>] [--port <n>]

  --green            run each request in a green thread (default: plain Node)
  --database <url>   a PostgreSQL connection string (default: libpq's own defaults)
  --connections <n>  database connections to open (default: 10)
  --port <n>         port on 127.0.0.1 (default: any free one)

  GET /       runs select pg_sleep(0.2) and answers in JSON
  GET /stats  the worst event-loop delay seen while requests were in flight`;

const { values: options } = parseArgs({
  options: {
    green: { type: 'boolean', default: false },
    database: { type: 'string', default: '' },
    connections: { type: 'string', default: '10' },
    port: { type: 'string', default: '0' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (options.help) {
  console.log(usage);
  process.exit();
}

/** Makes a blocking function cooperative in green mode; leaves it as it is in plain mode. */
const cooperative = options.green ? await goGreen() : (fn) => fn;

async function goGreen() {
  const { async_, monkeyPatch } = await import('greenify');
  monkeyPatch({ socket: true, sleep: true });
  return async_;
}

const Client = requirePackage('pg-native');
const freeClients = await openClients(Number(options.connections));
const meter = new DelayMeter();

/** Ordinary blocking code. */
function handleRequest(request, response) {
  const client = freeClients.pop();
  if (!client) return reply(response, 503, { error: 'no free database connection' });
  try {
    const rows = client.querySync('select pg_sleep(0.2)');
    reply(response, 200, { rows });
  } catch (error) {
    reply(response, 500, { error: error.message });
  } finally {
    freeClients.push(client);
  }
}

const handle = cooperative(handleRequest);

const server = createServer((request, response) => {
  if (request.url === '/stats') return reply(response, 200, meter.report());
  meter.requestStarted();
  response.once('close', () => meter.requestEnded());
  handle(request, response);
});

server.listen(Number(options.port), '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}/`;
  console.log(`${options.green ? 'green' : 'plain'} server listening on ${url}`);
  process.send?.({ url });
});

// Started by a parent (the demo): end with it.
process.once('disconnect', () => process.exit());

function openClients(count) {
  const openClient = cooperative(() => {
    const client = new Client();
    client.connectSync(options.database);
    return client;
  });
  return Promise.all(Array.from({ length: count }, () => openClient()));
}

function reply(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
