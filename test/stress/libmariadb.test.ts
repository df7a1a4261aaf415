import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runScript, type Waited } from '../patches/ffi';
import { LATE_MS } from '../support/late';
import { type MariadbServer, startMariadb } from '../support/mariadb.mjs';

/** Both versions of koffi have their turn: one on the older half of the Node versions, one on the newer. */
const koffi = Number(process.versions.node.split('.')[0]) <= 22 ? 'koffi-2' : 'koffi';
const seconds = Number(process.env['GREENIFY_SOAK_SECONDS'] ?? 20);

let server: MariadbServer;
beforeAll(async () => {
  server = await startMariadb();
});
afterAll(() => server.stop());

interface Soaked {
  answers: number;
  connections: number;
  wrong: unknown[];
  errors: Record<string, number>;
  /** Resident size in KB, once a second. */
  samples: number[];
  worstGap: number;
  pins: number;
}

describe(koffi, () => {
  it.each(['2', '3', '4', '5'])(
    'keeps nested calls with callbacks apart: seed %s',
    async (seed) => {
      const args = [koffi, '100', seed];
      const printed = await runScript('koffi-interleaving.mjs', args, { flags: ['--expose-gc'] });
      expect(printed).toBe('ok\n');
    },
  );
});

describe(`${koffi} and libmariadb`, () => {
  it('waits for the server, plain and with TLS: the event loop goes on', async () => {
    const settings = { mariadb: server.port, tls: { authority: server.authority } };
    const run = async (mode: string): Promise<Waited> => {
      const args = [koffi, mode, JSON.stringify(settings)];
      return JSON.parse(await runScript('koffi-callees.mjs', args)) as Waited;
    };
    const plain = await run('plain');
    const green = await run('green');
    expect(green.results).toEqual(plain.results);
    expect(plain.results).toEqual({
      libmariadb: [['0', '7']],
      'libmariadb with TLS': [true, [['0', '7']]],
    });
    for (const gap of Object.values(plain.gaps)) expect(gap).toBeGreaterThan(0.7 * LATE_MS);
    expect(green.gaps['together']).toBeLessThan(LATE_MS / 2);
  });

  const timeout = 1000 * seconds + 60_000;
  it(
    'answers right on two hundred connections while the server is restarted twice',
    { timeout },
    async () => {
      const args = [koffi, String(server.port), server.authority, String(seconds)];
      const options = { flags: ['--expose-gc'], timeoutMs: timeout };
      const soaking = runScript('koffi-mariadb-soak.mjs', args, options);
      for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
        // A server with two hundred connections takes seconds to end gently.
        await delay((1000 * seconds) / 5);
        await server.restart(signal);
      }
      const soaked = JSON.parse((await soaking).replace('ready\n', '')) as Soaked;
      const { samples } = soaked;
      console.log(JSON.stringify(soaked));
      expect(soaked).toMatchObject({ wrong: [], pins: 0 });
      expect(soaked.answers).toBeGreaterThan(100 * seconds);
      // Every connection was made anew after each restart.
      expect(soaked.connections).toBeGreaterThanOrEqual(3 * 200);
      const early = samples[Math.floor(samples.length / 3)] as number;
      expect(samples.at(-1)).toBeLessThan(1.25 * early);
    },
  );
});
