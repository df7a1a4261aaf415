import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  closeAll,
  dyingServer,
  LATE_MS,
  lateHttpServer,
  lateProxy,
  lateServer,
  listen,
  silentServer,
} from '../support/late';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';
import { startMemcached, startRedis } from '../support/servers.mjs';
import { freePort, type PrivateServer } from '../support/supervised.mjs';
import { type Crowd, runScript, type Waited } from '../patches/ffi';

let servers: [PostgresServer, PrivateServer, PrivateServer];
let settings: string;
let faults: string;

beforeAll(async () => {
  servers = await Promise.all([startPostgres(), startRedis(), startMemcached()]);
  const [postgres, redis, memcached] = servers;
  settings = JSON.stringify({
    late: await listen(lateServer()),
    lateMemcached: await listen(lateProxy(memcached.port)),
    http: await listen(lateHttpServer()),
    redis: redis.port,
    postgres: postgres.connectionString,
  });
  faults = JSON.stringify({
    refused: await freePort(),
    dying: await listen(dyingServer()),
    silent: await listen(silentServer()),
  });
});
afterAll(async () => {
  closeAll();
  await Promise.all(servers.map((server) => server.stop()));
});

async function waitInLibraries(koffi: string, mode: 'plain' | 'green'): Promise<Waited> {
  return JSON.parse(await runScript('koffi-callees.mjs', [koffi, mode, settings])) as Waited;
}

describe.each(['koffi-2', 'koffi'])('%s', (koffi) => {
  it('waits in C libraries: the event loop stops without green threads, and goes on with them', async () => {
    const plain = await waitInLibraries(koffi, 'plain');
    const green = await waitInLibraries(koffi, 'green');
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
    for (const gap of Object.values(plain.gaps)) expect(gap).toBeGreaterThan(0.7 * LATE_MS);
    expect(green.gaps['together']).toBeLessThan(LATE_MS / 2);
  });

  it('lets a thousand green threads wait in one function at once', async () => {
    const crowds = ['usleep', 'recv'].map(async (call) => {
      const crowd = JSON.parse(await runScript('ffi-crowd.mjs', [koffi, call])) as Crowd;
      expect(crowd).toMatchObject({ right: 1000, pinned: 0 });
      // One after another: six minutes in usleep.
      expect(crowd.ms).toBeLessThan(10_000);
    });
    await Promise.all(crowds);
  });

  it('keeps nested calls, callbacks that wait and what they throw apart', async () => {
    const args = [koffi, '20', '1'];
    const printed = await runScript('koffi-interleaving.mjs', args, { flags: ['--expose-gc'] });
    expect(printed).toBe('ok\n');
  });

  it('lets offload threads wait in its calls', async () => {
    const printed = await runScript('koffi-offload.mjs', [koffi, fileURLToPath(import.meta.url)]);
    const offloaded = JSON.parse(printed) as { offloads: number; gap: number };
    expect(offloaded).toMatchObject({ right: 50, pins: 0 });
    expect(offloaded.offloads).toBeGreaterThan(50);
  });

  it('gives each library’s own error', async () => {
    const printed = await runScript('koffi-errors.mjs', [koffi, faults]);
    expect(JSON.parse(printed)).toEqual({
      hiredis: {
        refused: 'Connection refused',
        dying: 'Server closed the connection',
        silent: 'Resource temporarily unavailable',
      },
      libmemcached: {
        refused: 'CONNECTION FAILURE',
        dying: 'CONNECTION FAILURE',
        silent: 'A TIMEOUT OCCURRED',
      },
      libpq: {
        refused: expect.stringContaining('Connection refused') as string,
        dying: expect.stringContaining('server closed the connection unexpectedly') as string,
        silent: expect.stringContaining('timeout expired') as string,
      },
      libcurl: {
        refused: "Couldn't connect to server",
        dying: 'Server returned nothing (no headers, no data)',
        silent: 'Timeout was reached',
      },
    });
  });

  it('works in a worker thread, and ends with it', async () => {
    const printed = await runScript('koffi-workers.mjs', [koffi]);
    expect(JSON.parse(printed)).toEqual({
      right: Array.from({ length: 3 }, () => [50, 0]),
      abandoned: 1,
      main: 0,
    });
  });
});

describe('OpenSSL’s error queue', () => {
  it('stays with the green thread whose errors it holds', async () => {
    const errors = (index: number): unknown[] => [
      0,
      [100 + index, `first of ${index}`],
      [200 + index, `second of ${index}`],
      null,
    ];
    expect(JSON.parse(await runScript('openssl-errors.mjs', []))).toEqual({
      threads: [0, 1, 2, 3].map(errors),
      onLoop: [0, [300, 'of the loop'], null],
      end: 0,
    });
  });
});
