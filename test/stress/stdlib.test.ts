import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type ChildOptions, runNode } from '../support/child';

const root = new URL('../fixtures/scripts/stdlib/', import.meta.url);

async function run(script: string, args: string[], options: ChildOptions = {}): Promise<unknown> {
  const path = fileURLToPath(new URL(script, root));
  const ended = await runNode([path, ...args], { timeoutMs: 110_000, ...options });
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout);
}

interface Together {
  right: number;
  tookMs: number;
  worstDelayMs: number;
}

/** The best of each of some attempts: others use the machine too. */
async function together(args: string[]): Promise<Together> {
  const best = { right: Infinity, tookMs: Infinity, worstDelayMs: Infinity };
  for (let attempt = 0; attempt < 5; attempt++) {
    const { right, tookMs, worstDelayMs } = (await run('together.mjs', args)) as Together;
    best.right = Math.min(best.right, right);
    best.tookMs = Math.min(best.tookMs, tookMs);
    best.worstDelayMs = Math.min(best.worstDelayMs, worstDelayMs);
    if (best.worstDelayMs < 50 && best.tookMs < 2000) break;
  }
  return best;
}

// Another one for every run, unless it is to be repeated: GREENIFY_SEED=<seed> npm run test:stress
const seed = process.env['GREENIFY_SEED'] ?? `${Date.now() % 1_000_000_000}`;

const hard = ['--expose-gc', '--stress-compaction', '--max-semi-space-size=1'];
const flagSets = [
  ['--expose-gc'],
  hard,
  ['--expose-gc', '--stress-scavenge=50'],
  ['--expose-gc', '--always-sparkplug', '--no-lazy-feedback-allocation'],
  ['--expose-gc', '--always-osr'],
];

describe('Node’s blocking calls in green threads', () => {
  it('end as they do elsewhere, errors included', { timeout: 120_000 }, async () => {
    const compared = await run('operations.mjs', []);
    expect(compared).toEqual({ operations: 86, different: [], ticked: true });
  });

  it(`do to files what they do elsewhere, seed ${seed}`, { timeout: 120_000 }, async () => {
    expect(await run('random-files.mjs', [seed, '16', '1000'])).toEqual({
      steps: 16_000,
      different: [],
    });
  });

  it(
    'wait side by side in fifty green threads while the event loop goes on',
    { timeout: 120_000 },
    async () => {
      const { right, tookMs, worstDelayMs } = await together(['50']);
      expect(right).toBe(50);
      // Where starting as many processes asynchronously takes longer, the machine is busy otherwise.
      const usual = worstDelayMs < 50 && tookMs < 2000 ? null : await together(['50', 'async']);
      expect(tookMs).toBeLessThan(Math.max(2000, 2 * (usual?.tookMs ?? 0)));
      expect(worstDelayMs).toBeLessThan(Math.max(50, 2 * (usual?.worstDelayMs ?? 0)));
    },
  );

  it(
    'wait for a file system whose server is late, on another thread',
    { timeout: 120_000 },
    async ({ skip }) => {
      const asked = (await run('slow-mount.mjs', [])) as { refused?: boolean };
      if (asked.refused) skip('file systems cannot be mounted here');
      expect(asked).toEqual({
        results: {
          stat: 18,
          exists: [true, false],
          access: null,
          readFile: 'from a slow mount\n',
          readMissing: 'ENOENT',
          readdir: [],
          unlink: 'ENOSYS',
          plain: true,
        },
        stalls: [],
      });
    },
  );

  it('go on beside signals and asynchronous children', { timeout: 120_000 }, async () => {
    const result = await run('waiting.mjs', ['signals']);
    expect(result).toEqual({ signalled: true, codes: true, sync: true });
  });

  it('work in worker threads, of which one is terminated', { timeout: 120_000 }, async () => {
    const intact = { ran: 20, intact: true };
    expect(await run('waiting.mjs', ['workers'])).toEqual([intact, intact, intact]);
  });

  it.each(flagSets)(
    'survive collections, with %s %s %s',
    { timeout: 120_000 },
    async (...flags) => {
      const result = await run('waiting.mjs', ['collected'], { flags });
      expect(result).toEqual({ ran: 21, intact: true });
    },
  );
});
