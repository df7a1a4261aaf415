import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { runNode } from '../support/child';
import { runDocsExample } from '../support/docs-example';
import { nodeMajor } from '../support/hazards';

const script = fileURLToPath(
  new URL('../fixtures/scripts/stdlib/blocking-packages.mjs', import.meta.url),
);

const names = [
  'cross-spawn',
  'execa',
  'graceful-fs',
  'proper-lockfile',
  'shelljs',
  'sync-rpc',
  'synckit',
  'which',
  'write-file-atomic',
];

/** The operations of the packages take half a second or longer, the one of the builtin as long. */
const WAIT_MS = 400;
/** Far less than that, and far more than a busy machine needs for a turn of the event loop. */
const TURN_MS = 150;

interface Tried {
  refused?: boolean;
  outcomes: unknown;
  gap: number;
  others?: { same: boolean; gap: number; builtin: number; patched: string[] };
}

async function once(name: string, way: string): Promise<Tried> {
  const ended = await runNode([script, name, way], { timeoutMs: 60_000 });
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout) as Tried;
}

/** Tried again where the event loop stood still: others use the machine too. */
async function cooperative(name: string, way: string): Promise<Tried> {
  let tried = await once(name, way);
  for (let again = 0; again < 2 && tried.gap > TURN_MS; again += 1) tried = await once(name, way);
  return tried;
}

/** Why a package cannot be loaded in a way by this version of Node. */
function reasonAgainst(name: string, way: string): string | undefined {
  const isRequired = way === 'patchBlocking' || way === 'requirePatched';
  return name === 'execa' && isRequired && nodeMajor < 22
    ? 'it is an ES module, and Node 20 has no hooks that require() heeds'
    : undefined;
}

describe.each(names)('%s', (name) => {
  const timeout = 180_000;
  let plain: Tried;

  beforeAll(async () => {
    plain = await once(name, 'plain');
  }, timeout);

  it('stops the event loop without greenify', ({ skip }) => {
    if (plain.refused) skip('file systems cannot be mounted here');
    expect(plain.gap).toBeGreaterThan(WAIT_MS);
  });

  // Side by side: they wait nearly all of their time.
  it.concurrent(
    'suspends the green thread alone with monkeyPatch',
    { timeout },
    async ({ skip }) => {
      if (plain.refused) skip('file systems cannot be mounted here');
      const { outcomes, gap } = await cooperative(name, 'monkeyPatch');
      expect(outcomes).toEqual(plain.outcomes);
      expect(gap).toBeLessThan(TURN_MS);
    },
  );

  describe.concurrent.each(['patchBlocking', 'requirePatched', 'importPatched'])(
    'loaded by %s',
    (way) => {
      it('does so for who has loaded it, and for nobody else', { timeout }, async ({ skip }) => {
        const against = reasonAgainst(name, way);
        if (against !== undefined) skip(against);
        if (plain.refused) skip('file systems cannot be mounted here');
        const { outcomes, gap, others } = await cooperative(name, way);
        expect(outcomes).toEqual(plain.outcomes);
        expect(gap).toBeLessThan(TURN_MS);
        expect(others).toMatchObject({ same: true, patched: [] });
        expect(others?.gap).toBeGreaterThan(WAIT_MS);
        expect(others?.builtin).toBeGreaterThan(WAIT_MS);
      });
    },
  );
});

it('does as the example of docs/blocking.md tells', async () => {
  const ended = await runDocsExample('execa', 'blocking');
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(ended.stdout.split('the event loop turns').length).toBeGreaterThan(2);
});
