import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificate.mjs';
import { exampleOf } from '../support/docs';
import { closeAll, dyingServer, LATE_MS, lateProxy, listen, silentServer } from '../support/late';
import { PackageProject } from '../support/package-project';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';
import { freePort } from '../support/supervised.mjs';

const directory = mkdtempSync(join(tmpdir(), 'greenify-libpq-'));
let project: PackageProject;
let server: PostgresServer;
let settings: object;

beforeAll(async () => {
  project = new PackageProject({ libpq: 'libpq', 'pg-native': 'pg-native' });
  server = await startPostgres({ tls: true });
  const { port, user, authority } = server;
  settings = {
    port,
    user,
    authority,
    other: (await makeCertificate(directory, ['DNS:localhost'])).certificate,
    latePort: await listen(lateProxy(port)),
    refused: await freePort(),
    dying: await listen(dyingServer()),
    silent: await listen(silentServer()),
  };
});
afterAll(async () => {
  closeAll();
  project.remove();
  rmSync(directory, { recursive: true });
  await server.stop();
});

/** libpq prints warnings on the standard error stream. */
const QUIET = '&options=-c%20client_min_messages%3Derror';

interface Waited {
  results: Record<string, unknown>;
  together?: Record<string, unknown>;
  gaps: Record<string, number>;
  pins: number;
}

const like = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

describe('libpq and pg-native', () => {
  it('stop the event loop in whatever waits, and do not in green threads', async () => {
    const plain = (await project.runScript('pg-late.mjs', ['plain', settings])) as Waited;
    const green = (await project.runScript('pg-late.mjs', ['green', settings])) as Waited;
    expect(plain.results).toEqual({
      connectSync: null,
      'connectSync with a name': null,
      'connectSync with TLS': null,
      exec: ['7', ''],
      'exec with TLS': ['t', ''],
      execParams: ['42', ''],
      execPrepared: ['2', ''],
      'copy in': [1, 1, ['100', '10000000']],
      'copy out': [30, '1\t\n', '30\t\n', ['1']],
      cancel: [true, like(/canceling statement due to user request/)],
      'pg-native: connectSync': null,
      'pg-native: querySync': [{ n: 7, pg_sleep: '' }],
      'pg-native: querySync with TLS': [{ ssl: true, pg_sleep: '' }],
      'pg-native: executeSync': [{ more: 42, pg_sleep: '' }],
    });
    expect(green.results).toEqual(plain.results);
    expect(green.together).toEqual(plain.results);
    for (const gap of Object.values(plain.gaps)) expect(gap).toBeGreaterThan(0.9 * LATE_MS);
    // Some 10 ms on a machine that has nothing else to do.
    for (const gap of Object.values(green.gaps)) expect(gap).toBeLessThan(LATE_MS / 2);
    expect(green.pins).toBe(0);
  });

  it('tell libpq’s own errors, and go on', async () => {
    const plain = (await project.runScript('pg-errors.mjs', ['plain', settings])) as object;
    const green = (await project.runScript('pg-errors.mjs', ['green', settings])) as object;
    const { answers } = plain as { answers: unknown };
    expect(plain).toMatchObject({
      answers: {
        refused: like(/Connection refused/),
        'unknown name': like(/could not translate host name "no-such-name.invalid"/),
        'connect timeout': like(/timeout expired/),
        dying: like(/server closed the connection unexpectedly/),
        'one host of two': '1',
        'no host of two': like(/Connection refused[^]*Connection refused/),
        'statement timeout': like(/canceling statement due to statement timeout/),
        'wrong statement': like(/syntax error at or near "selec"/),
        'good TLS': like(/^TLSv1/),
        'TLS for another name': like(/does not match host name "127.0.0.1"/),
        'TLS of an unknown authority': like(/certificate verify failed/),
      },
      strayed: 0,
    });
    expect(green).toMatchObject({ answers, strayed: 0 });
    expect((green as Waited & { gap: number }).gap).toBeLessThan(1000);
  });

  it('tell that the server has died in the middle of a query, and connect again', async () => {
    const victim = await startPostgres();
    const seen = await project.runScript('pg-killed.mjs', [`${victim.connectionString}${QUIET}`]);
    await victim.stop();
    const closed = like(/server closed the connection unexpectedly/);
    expect(seen).toEqual({ messages: [closed, closed, closed], again: [{ one: 1 }] });
  });

  it('carry large results and copies on many connections at once', async () => {
    expect(await project.runScript('pg-large.mjs', [settings])).toEqual({
      results: 8,
      copies: 8,
      pins: 0,
    });
  });

  it('do as the example of docs/packages/libpq.md tells', async () => {
    project.write('example.mjs', exampleOf('packages/libpq'));
    const options = { env: { DATABASE_URL: server.connectionString } };
    const ended = await project.run(['example.mjs'], options);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const turns = ended.stdout.split('\n').filter((line) => line === 'the event loop turns');
    expect(turns.length).toBeGreaterThan(1);
  });
});
