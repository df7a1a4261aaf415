import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ChildOptions, runNode } from '../support/child';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';
import { startMemcached, startRedis } from '../support/servers.mjs';
import type { PrivateServer } from '../support/supervised.mjs';

const LATE_MS = 300;
const versions = ['koffi-2', 'koffi'];

let postgres: PostgresServer;
let redis: PrivateServer;
let memcached: PrivateServer;
const listening: Server[] = [];
let settings: Record<string, unknown>;

async function listen(server: Server): Promise<number> {
  listening.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Sends a line to whoever connects, after a while. */
const lateServer = (): Server =>
  createServer((socket) => {
    socket.on('error', () => undefined);
    setTimeout(() => socket.end('late\n'), LATE_MS);
  });

/** Forwards to a server; what comes back first comes late. */
const lateProxy = (port: number): Server =>
  createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far);
    far.once('readable', () => setTimeout(() => far.pipe(near), LATE_MS));
  });

beforeAll(async () => {
  [postgres, redis, memcached] = await Promise.all([
    startPostgres(),
    startRedis(),
    startMemcached(),
  ]);
  settings = {
    late: await listen(lateServer()),
    lateMemcached: await listen(lateProxy(memcached.port)),
    http: await listen(
      createHttpServer((_request, response) => {
        setTimeout(() => response.end('a late answer'), LATE_MS);
      }),
    ),
    redis: redis.port,
    postgres: postgres.connectionString,
  };
});
afterAll(async () => {
  for (const server of listening) server.close();
  await Promise.all([postgres.stop(), redis.stop(), memcached.stop()]);
});

async function run(script: string, args: string[], options?: ChildOptions): Promise<unknown> {
  const ended = await runNode([`test/fixtures/scripts/patches/${script}`, ...args], options);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout) as unknown;
}

interface Waited {
  results: Record<string, unknown>;
  gaps: Record<string, number>;
}

describe.each(versions)('%s', (koffi) => {
  it('waits in C libraries: the event loop stops without green threads, and goes on with them', async () => {
    const args = [koffi, 'plain', JSON.stringify(settings)];
    const plain = (await run('koffi-callees.mjs', args)) as Waited;
    args[1] = 'green';
    const green = (await run('koffi-callees.mjs', args)) as Waited;
    expect(green.results).toEqual(plain.results);
    expect(plain.results).toEqual({
      usleep: 0,
      read: 'late\n',
      poll: [1, 1],
      recv: 'late\n',
      hiredis: null,
      libmemcached: 'value',
      libpq: 'slept',
      libcurl: 'a late answer',
    });
    for (const gap of Object.values(plain.gaps)) expect(gap).toBeGreaterThan(0.8 * LATE_MS);
    expect(green.gaps['together']).toBeLessThan(LATE_MS / 2);
  });
});
