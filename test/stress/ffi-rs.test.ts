import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeAll, LATE_MS, lateServer, listen } from '../support/late';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';
import { type Crowd, runScript, type Waited } from '../patches/ffi';

let postgres: PostgresServer;
let settings: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const late = await listen(lateServer());
  settings = JSON.stringify({ late, postgres: postgres.connectionString });
});
afterAll(async () => {
  closeAll();
  await postgres.stop();
});

describe('ffi-rs', () => {
  it('waits in C libraries: the event loop stops without green threads, and goes on with them', async () => {
    const run = async (mode: string): Promise<Waited> =>
      JSON.parse(await runScript('ffi-rs-callees.mjs', [mode, settings])) as Waited;
    const plain = await run('plain');
    const green = await run('green');
    expect(green.results).toEqual(plain.results);
    expect(plain.results).toEqual({
      usleep: 0,
      recv: 'late\n',
      libpq: ['slept', 'FATAL:  terminating connection due to administrator command'],
      refused: [1, true],
    });
    for (const gap of Object.values(plain.gaps)) expect(gap).toBeGreaterThan(0.7 * LATE_MS);
    expect(green.gaps['together']).toBeLessThan(LATE_MS / 2);
  });

  it('lets a thousand green threads wait in one function at once', async () => {
    const crowds = ['usleep', 'recv'].map(async (call) => {
      const crowd = JSON.parse(await runScript('ffi-crowd.mjs', ['ffi-rs', call])) as Crowd;
      expect(crowd).toMatchObject({ right: 1000, pinned: 0 });
      expect(crowd.ms).toBeLessThan(10_000);
    });
    await Promise.all(crowds);
  });
});
