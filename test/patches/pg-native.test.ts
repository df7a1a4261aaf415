import { monkeyPatch, sleep, spawn } from 'greenify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommonJs } from '../support/child';
import { packagePath, requirePackage } from '../support/packages.mjs';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';

interface Client {
  connectSync(url: string): void;
  querySync(text: string, values?: unknown[]): Record<string, unknown>[];
  prepareSync(name: string, text: string, parameters: number): void;
  executeSync(name: string, values: unknown[]): Record<string, unknown>[];
  query(text: string, done: (error: Error | null, rows: Record<string, unknown>[]) => void): void;
  cancel(done: (error?: Error) => void): void;
  on(event: 'notification', listener: (notice: { extra: string }) => void): void;
  end(callback?: () => void): void;
  pq: Connection;
}

interface Connection {
  connectSync(url: string): void;
  exec(text: string): void;
  getvalue(row: number, column: number): string;
  finish(): void;
}

let server: PostgresServer;
let PgNative: new () => Client;
let Libpq: new () => Connection;

beforeAll(async () => {
  server = await startPostgres();
  monkeyPatch();
  PgNative = requirePackage('pg-native') as typeof PgNative;
  Libpq = requirePackage('libpq') as typeof Libpq;
});
afterAll(() => server.stop());

/** Connected in a green thread, so that the loop goes on meanwhile. */
async function connected(): Promise<Client> {
  const client = new PgNative();
  await spawn(() => client.connectSync(server.connectionString));
  return client;
}

const anError = (message: RegExp): Error =>
  expect.objectContaining({ message: expect.stringMatching(message) as string }) as Error;

describe('one client of pg-native in many green threads', () => {
  it('serves them in the order in which they came, each with its own answer', async () => {
    const client = await connected();
    const finished: number[] = [];
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        spawn(() => {
          // The first takes longest: without a queue it would be the last, and read another's answer.
          const pause = index === 0 ? 0.2 : 0.01;
          const [row] = client.querySync('select $1::int as n, pg_sleep($2)', [index, pause]);
          finished.push(index);
          return row?.['n'];
        }),
      ),
    );
    expect(answers).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(finished).toEqual(answers);
    client.end();
  });

  it('keeps a statement that fails from those behind it', async () => {
    const client = await connected();
    const outcomes = await Promise.allSettled([
      spawn(() => client.querySync('select missing, pg_sleep(0.05)')),
      spawn(() => client.querySync('select 1 as one, pg_sleep(0.05)')[0]?.['one']),
      spawn(() => client.prepareSync('again', 'select $1::int + 1 as more', 1)),
      spawn(() => client.executeSync('again', [41])[0]?.['more']),
    ]);
    expect(outcomes).toEqual([
      { status: 'rejected', reason: anError(/"missing" does not exist/) },
      { status: 'fulfilled', value: 1 },
      { status: 'fulfilled', value: undefined },
      { status: 'fulfilled', value: 42 },
    ]);
    client.end();
  });

  it('ends the connection behind the query that uses it, and says so to those who come later', async () => {
    const client = await connected();
    const query = spawn(() => client.querySync('select 7 as seven, pg_sleep(0.1)')[0]?.['seven']);
    const end = spawn(() => client.end());
    const late = spawn(() => client.querySync('select 8 as eight'));
    await expect(late).rejects.toThrow(/connection pointer is NULL/);
    expect(await query).toBe(7);
    await end;
  });

  it('tells the loop stack that the connection is in use, and who uses it', async () => {
    const client = await connected();
    const query = spawn(function report() {
      return client.querySync('select 7 as seven, pg_sleep(0.1)')[0]?.['seven'];
    });
    const busy = expect.objectContaining({
      name: 'GreenifyError',
      code: 'ERR_GREENIFY_BUSY',
    }) as Error;
    expect(() => client.end()).toThrow(busy);
    expect(() => client.querySync('select 1')).toThrow(/querySync.*"report"/);
    expect(() => client.query('select 1', () => undefined)).toThrow(busy);
    expect(await query).toBe(7);
    expect(client.querySync('select 1 as one')).toEqual([{ one: 1 }]);
    client.end();
  });

  it('lets a query be cancelled by somebody else', async () => {
    const client = await connected();
    const query = spawn(() => client.querySync('select pg_sleep(600)'));
    const next = spawn(() => client.querySync('select 1 as one')[0]?.['one']);
    await spawn(() => sleep(50));
    const cancelled = await new Promise((resolve) => client.cancel(resolve));
    expect(cancelled).toBeUndefined();
    await expect(query).rejects.toThrow(/canceling statement/);
    expect(await next).toBe(1);
    client.end();
  });

  it('takes a green thread out of the queue when it is cancelled', async () => {
    const client = await connected();
    const query = spawn(() => client.querySync('select 7 as seven, pg_sleep(0.1)')[0]?.['seven']);
    const waiting = spawn(() => client.querySync('select 8'));
    const behind = spawn(() => client.querySync('select 9 as nine')[0]?.['nine']);
    waiting.cancel(new Error('no longer wanted'));
    await expect(waiting).rejects.toThrow('no longer wanted');
    expect(await query).toBe(7);
    expect(await behind).toBe(9);
    client.end();
  });

  it('hears notifications beside green queries', async () => {
    const client = await connected();
    const heard = new Promise<string>((resolve) =>
      client.on('notification', ({ extra }) => resolve(extra)),
    );
    await spawn(() => client.querySync('listen news'));
    const rows = await spawn(() =>
      client.querySync('select n, pg_sleep(0.001) from generate_series(1, 50) n'),
    );
    expect(rows).toHaveLength(50);
    const other = await connected();
    await spawn(() => other.querySync("notify news, 'hello'"));
    expect(await heard).toBe('hello');
    for (const one of [client, other]) await new Promise<void>((resolve) => one.end(resolve));
  });
});

describe('a client that nobody holds after its end', () => {
  // libpq 1.11 lets itself be collected while libuv still closes its handle, and the process may then abort.
  it('is kept until its handle is closed, and no longer', async () => {
    const ended = await runCommonJs(
      `
      require('greenify').monkeyPatch();
      const { setImmediate: turn } = require('node:timers/promises');
      const Client = require(${JSON.stringify(packagePath('pg-native'))});
      const begin = () => {
        const client = new Client();
        client.connectSync(${JSON.stringify(server.connectionString)});
        setTimeout(end, 1, client);
        return new WeakRef(client.pq);
      };
      const end = (client) => {
        client.end();
        setImmediate(look);
      };
      const reference = begin();
      const look = async () => {
        gc();
        console.log(reference.deref() !== undefined);
        for (let turns = 0; turns < 10; turns += 1) await turn();
        gc();
        console.log(reference.deref() !== undefined);
      };`,
      { flags: ['--expose-gc'] },
    );
    expect(ended).toMatchObject({ code: 0, stdout: 'true\nfalse\n', stderr: '' });
  });
});

describe('one connection of libpq in many green threads', () => {
  it('makes one call at a time', async () => {
    const connection = new Libpq();
    await spawn(() => connection.connectSync(server.connectionString));
    const values = await Promise.all(
      [1, 2, 3, 4].map((n) =>
        spawn(() => {
          connection.exec(`select ${n}, pg_sleep(0.02)`);
          return connection.getvalue(0, 0);
        }),
      ),
    );
    expect(values).toEqual(['1', '2', '3', '4']);
    connection.finish();
  });
});
