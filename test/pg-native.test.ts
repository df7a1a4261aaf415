import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { monkeyPatch, sleep, spawn, type GreenThread } from 'greenify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireFixture } from './support/fixtures';
import { requirePackage } from './support/packages.mjs';
import { type PostgresServer, startPostgres } from './support/postgres.mjs';

interface Client {
  connectSync(url: string): void;
  querySync(text: string, values?: unknown[]): Record<string, unknown>[];
  end(callback?: () => void): void;
  pq: { socket(): number };
}

let server: PostgresServer;
const PgNative = requirePackage('pg-native') as new () => Client;
const calls = requireFixture('calls') as {
  close(fd: number): void;
  shutdown(fd: number, how: number): void;
};

beforeAll(async () => {
  server = await startPostgres();
  monkeyPatch();
});
afterAll(() => server.stop());

// libpq 1.11.0 frees a client that is collected between end() and the end of that turn of the loop although
// libuv still closes its handle (Connection::Finish), and the process then aborts: none is collected here.
const clients: Client[] = [];

/** Must be called in a green thread to be green. */
function connected(url = server.connectionString): Client {
  const client = new PgNative();
  clients.push(client);
  client.connectSync(url);
  return client;
}

/** Runs `body` in `count` green threads, each with a connection of its own. */
function onConnections<T>(
  count: number,
  body: (client: Client, index: number) => T,
): Promise<Awaited<T>[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      spawn(() => {
        const client = connected();
        try {
          return body(client, index);
        } finally {
          client.end();
        }
      }),
    ),
  );
}

describe('pg-native in green threads', () => {
  it('waits in querySync side by side, and the event loop goes on', async () => {
    let worst = 0;
    let last = performance.now();
    const interval = setInterval(() => {
      worst = Math.max(worst, performance.now() - last);
      last = performance.now();
    }, 10);
    const start = performance.now();
    const answers = await onConnections(20, (client, index) => {
      const [row] = client.querySync('select $1::int as one, pg_sleep(0.5)', [index]);
      return row?.['one'];
    });
    clearInterval(interval);
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index));
    // One after another: ten seconds, all of them without a turn of the loop.
    expect(performance.now() - start).toBeLessThan(5000);
    expect(worst).toBeLessThan(500);
  });

  // Without green threads both would wait for ever: nobody would serve the connection.
  it('connects and asks through a proxy that runs in this very process', async () => {
    const proxy = createServer((near) => {
      const far = connect(server.port, server.host);
      near.pipe(far).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const url = server.connectionString.replace(`:${server.port}/`, `:${port}/`);
    const answer = await spawn(() => {
      const client = connected(url);
      const [row] = client.querySync("select repeat('x', 1000000) as text");
      client.end();
      return (row?.['text'] as string).length;
    });
    proxy.close();
    expect(answer).toBe(1_000_000);
  });

  it('gives each thread its own results, large ones too', async () => {
    const sizes = await onConnections(4, (client, index) => {
      const rows = client.querySync(
        'select $1::int as thread, n, repeat(md5(n::text), 20) as text from generate_series(1, 2000) n',
        [index],
      );
      expect(rows.every((row) => row['thread'] === index)).toBe(true);
      return rows.length;
    });
    expect(sizes).toEqual([2000, 2000, 2000, 2000]);
  });

  it('sends large parameters', async () => {
    const text = 'x'.repeat(5_000_000);
    const lengths = await onConnections(3, (client) => {
      const [row] = client.querySync('select length($1) as length', [text]);
      return row?.['length'];
    });
    expect(lengths).toEqual([text.length, text.length, text.length]);
  });

  it('throws an SQL error in the thread that asked, and nowhere else', async () => {
    const outcomes = await onConnections(6, (client, index) => {
      const statement = index % 2 === 0 ? 'select 1 as one' : `select missing_${index}`;
      try {
        client.querySync(`do $$ begin perform pg_sleep(0.05); end $$`);
        return client.querySync(statement)[0]?.['one'];
      } catch (error) {
        // The connection is as good as before.
        return [(error as Error).message, client.querySync('select 2 as two')[0]?.['two']];
      }
    });
    outcomes.forEach((outcome, index) => {
      if (index % 2 === 0) return expect(outcome).toBe(1);
      expect(outcome).toEqual([expect.stringContaining(`"missing_${index}" does not exist`), 2]);
    });
  });

  it('mixes with the same package’s callbacks on the loop', async () => {
    const client = (await spawn(() => connected())) as Client & {
      query(text: string, done: (error: Error | null, rows: { one: number }[]) => void): void;
    };
    const asynchronous = new Promise((resolve) => {
      client.query('select pg_sleep(0.1), 7 as one', (_error, rows) => resolve(rows[0]?.one));
    });
    const [synchronous] = await onConnections(1, (other) => other.querySync('select 8 as one'));
    expect(synchronous?.[0]?.['one']).toBe(8);
    expect(await asynchronous).toBe(7);
    await new Promise<void>((resolve) => client.end(resolve));
  });

  it('called outside green threads blocks as it always did', () => {
    const client = connected();
    const start = performance.now();
    client.querySync('select pg_sleep(0.1)');
    expect(performance.now() - start).toBeGreaterThanOrEqual(100);
    client.end();
  });
});

describe('when a connection goes away under a green thread that waits on it', () => {
  const waitOn = (): {
    client: Client;
    thread: GreenThread<Record<string, unknown>[]>;
    pid: number;
  } => {
    const client = connected();
    const pid = client.querySync('select pg_backend_pid() as pid')[0]?.['pid'] as number;
    return { client, pid, thread: spawn(() => client.querySync('select pg_sleep(600)')) };
  };
  const anError = expect.objectContaining({ message: expect.any(String) as string }) as Error;

  it.each([
    ['closed', (fd: number) => calls.close(fd), /Bad file descriptor/],
    ['shut down', (fd: number) => calls.shutdown(fd, 2), /server closed the connection/],
  ])('its socket %s by another addon: an error, not a hang', async (_how, end, message) => {
    const { client, thread } = waitOn();
    await spawn(() => sleep(50));
    expect(thread.state).toBe('waiting');
    end(client.pq.socket());
    await expect(thread).rejects.toThrow(message);
  });

  it('ended by the server: its error', async () => {
    const { thread, pid } = waitOn();
    await spawn(() => sleep(50));
    const rejected = expect(thread).rejects.toThrow(/server closed the connection/);
    await onConnections(1, (other) => other.querySync(`select pg_terminate_backend(${pid})`));
    await rejected;
  });

  it('cancelled: libpq’s error, and other threads go on', async () => {
    const { thread } = waitOn();
    const other = onConnections(1, (client) => client.querySync('select 1 as one')[0]?.['one']);
    thread.cancel();
    await expect(thread).rejects.toEqual(anError);
    expect(await other).toEqual([1]);
  });

  it('server killed: an error in every thread that waits', async () => {
    const doomed = await startPostgres();
    const connectThere = (): Client => connected(doomed.connectionString);
    const doomedClients = await Promise.all(Array.from({ length: 5 }, () => spawn(connectThere)));
    const threads = doomedClients.map((client) =>
      spawn(() => client.querySync('select pg_sleep(600)')),
    );
    await spawn(() => sleep(100));
    process.kill(doomed.pid, 'SIGQUIT');
    const outcomes = await Promise.allSettled(threads);
    expect(outcomes.map(({ status }) => status)).toEqual(
      Array.from({ length: 5 }, () => 'rejected'),
    );
    await expect(spawn(connectThere)).rejects.toEqual(anError);
    await doomed.stop();
  });
});
