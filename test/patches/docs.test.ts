import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runNode } from '../support/child';
import { exampleOf } from '../support/docs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = join(root, '.cache/packages', `abi-${process.versions.modules}`, 'node_modules');
const project = mkdtempSync(join(tmpdir(), 'greenify-docs-'));

// A project of somebody who has installed greenify and the packages.
beforeAll(() => {
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/greenify'));
  for (const name of ['koffi', 'ffi-rs', 'sleep']) {
    symlinkSync(join(packages, name), join(project, 'node_modules', name));
  }
});
afterAll(() => rmSync(project, { recursive: true }));

describe.each(['koffi', 'ffi-rs', 'sleep'])(
  'the example of docs/packages/%s.md, pasted',
  (name) => {
    it('waits a thousand times at once while the event loop turns', async () => {
      writeFileSync(join(project, 'example.mjs'), exampleOf(name));
      const ended = await runNode(['example.mjs'], { cwd: project });
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const lines = ended.stdout.trim().split('\n');
      expect(lines.filter((line) => line === 'the event loop turns').length).toBeGreaterThan(1);
      expect(lines.at(-1)).toMatch(/^a thousand calls of 0.2 s: [\d.]+m?s$/);
    });
  },
);
