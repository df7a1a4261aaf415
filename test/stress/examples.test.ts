import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sleep, spawn } from 'greenify';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { requirePackage } from '../support/packages.mjs';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';

const servers: ChildProcess[] = [];

/** Starts an example and gives its address. */
async function start(example: string, args: string[]): Promise<string> {
  const file = fileURLToPath(new URL(`../../examples/${example}.mjs`, import.meta.url));
  const server = fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: [] });
  servers.push(server);
  const [{ url }] = (await once(server, 'message')) as [{ url: string }];
  return url;
}

async function json(url: string): Promise<unknown> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return response.json();
}

afterEach(async () => {
  const ended = servers.splice(0).map((server) => {
    const end = once(server, 'exit');
    server.kill();
    return end;
  });
  await Promise.all(ended);
});

describe.each(['express', 'fastify'])('the servers of %s on PostgreSQL', (framework) => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres.stop());

  it('answer alike, with the blocking driver and the asynchronous one', async () => {
    const options = ['--database', postgres.connectionString, '--connections', '2'];
    const [green, plain] = await Promise.all(
      ['green', 'async'].map((kind) => start(`${framework}-pg/${kind}`, options)),
    );
    const ids = Array.from({ length: 20 }, (_, id) => id);
    const pagesOf = (url: string | undefined): Promise<unknown[]> =>
      Promise.all(ids.map((id) => json(`${url}/users/${id}`)));
    const pages = await pagesOf(green);
    expect(pages).toEqual(
      ids.map((id) => expect.objectContaining({ id, name: `user ${id}`, articles: id })),
    );
    expect(pages).toEqual(await pagesOf(plain));
  });
});

interface Connection {
  exec(sql: string): void;
  close(): void;
}

describe.each(['express', 'fastify'])('the server of %s on SQLite', (framework) => {
  const directory = mkdtempSync(join(tmpdir(), 'greenify-examples-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('counts every visit, and answers others while a visit waits for a lock', async () => {
    const file = join(directory, `${framework}.db`);
    const url = await start(`${framework}-sqlite/green`, ['--database', file]);
    const Database = requirePackage('better-sqlite3') as new (path: string) => Connection;
    const other = new Database(file);
    other.exec('begin immediate');
    const visits = Array.from({ length: 20 }, () => json(`${url}/visits/7`));
    let counted = 0;
    for (const visit of visits) void visit.then(() => (counted += 1));

    await spawn(() => sleep(200)); // the visits have begun to wait
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    expect(counted).toBe(0);

    other.exec('commit');
    other.close();
    const counts = (await Promise.all(visits)) as { page: string; count: number }[];
    expect(counts.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });
});
