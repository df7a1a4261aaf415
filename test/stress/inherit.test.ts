import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { runNode } from '../support/child';

const root = fileURLToPath(new URL('../..', import.meta.url));
const script = fileURLToPath(new URL('../fixtures/scripts/processes/inherit.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'greenify inherit-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Seen {
  inherited: unknown;
  seen: Record<string, string>;
}

/** A copy of the package, where the path has a space and a quote. */
function awkwardCopy(): string {
  const copy = join(directory, 'a "place"');
  for (const name of ['dist', 'package.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of ['node_modules', 'build']) symlinkSync(join(root, name), join(copy, name));
  return copy;
}

it('what a process passes on gets to every child and worker, however they are started', async () => {
  const { stdout, stderr } = await runNode([script, awkwardCopy()], { flags: ['--expose-gc'] });
  expect(stderr).toBe('');
  const { inherited, seen } = JSON.parse(stdout) as Seen;
  expect(inherited).toEqual({ families: ['socket', 'process'], notInherited: [] });
  const { 'not Node': other, 'spawn, its own choice': choice, ...others } = seen;
  expect(other).toBe('as it was\n');
  expect(choice).toBe('sleep');
  expect(Object.keys(others).length).toBeGreaterThan(15);
  for (const [way, families] of Object.entries(others))
    expect(families, way).toBe('socket,process');
}, 120_000);
