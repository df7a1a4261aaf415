import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runNode } from './support/child';
import { type PostgresServer, startPostgres } from './support/postgres.mjs';

const script = fileURLToPath(new URL('fixtures/scripts/executable-read.mjs', import.meta.url));

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

describe('the node executable’s own read and write, redirected', () => {
  it('read right through libpq and through fs, without recursion', async () => {
    const ended = await runNode([script, server.connectionString]);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    const piped = 'from a green thread; the reader is waiting';
    expect(JSON.parse(ended.stdout)).toEqual({
      piped,
      written: piped.length,
      sums: [55, 5050, 500500],
      files: Array.from({ length: 10 }, () => true),
      onLoop: true,
    });
  });
});
