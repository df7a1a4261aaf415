import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagePath } from '../support/packages.mjs';
import { Project } from '../support/project';

const major = Number(process.versions.node.split('.')[0]);

const network = 'monkeyPatch({ socket: true, sleep: true });';
const everything = 'monkeyPatch();';

/** What the first line of a program must be for a package, and on which versions of Node the package can be used. */
const packages: Record<string, { patch: string; from?: number; to?: number }> = {
  'better-sqlite3': { patch: network },
  'better-sqlite3-13': { patch: network, from: 22 },
  'ffi-rs': { patch: network },
  'fs-ext': { patch: everything },
  koffi: { patch: network },
  'koffi-2': { patch: network },
  libpq: { patch: network },
  libsql: { patch: network },
  lmdb: { patch: everything },
  'node-libcurl': { patch: network, from: 22 },
  'node-libcurl-4': { patch: network, to: 24 },
  'node-lmdb': { patch: everything, to: 24 },
  'pg-native': { patch: network },
  sleep: { patch: network },
};

const shown = JSON.stringify(
  pathToFileURL(join(import.meta.dirname, '../fixtures/scripts/patches/imported.mjs')).href,
);

const project = new Project();
beforeAll(() => {
  for (const name of Object.keys(packages)) {
    project.link(join('node_modules', name), packagePath(name));
  }
});
afterAll(() => project.remove());

interface Waited {
  ms: number;
  gap: number;
}

async function waits(name: string, first: string, flags: string[] = []): Promise<Waited> {
  const directory = mkdtempSync(project.path('run-'));
  const script = join(directory, 'program.mjs');
  const relative = script.slice(project.directory.length + 1);
  project.write(join(relative, '../patch.mjs'), first);
  project.write(
    relative,
    `import './patch.mjs';
     import * as namespace from '${name}';
     import { show } from ${shown};
     await show('${name}', namespace, ${JSON.stringify(directory)});`,
  );
  const ended = await project.run([script], { flags });
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  const [last = ''] = ended.stdout.trimEnd().split('\n').slice(-1); // libpq, imported, prints its directory
  return JSON.parse(last) as Waited;
}

describe('a package that a program imports, and does nothing else about', () => {
  for (const [name, { patch, from = 0, to = Infinity }] of Object.entries(packages)) {
    const isSupported = from <= major && major <= to;
    it(`is green: ${name}`, async ({ skip }) => {
      if (!isSupported) skip(`${name} does not support Node ${major}`);
      const code = `import { monkeyPatch } from 'greenify'; ${patch}`;
      for (const { ms, gap } of [
        await waits(name, code),
        await waits(name, '', ['--import', 'greenify/register']),
      ]) {
        expect(ms).toBeGreaterThan(150);
        expect(gap).toBeLessThan(100);
      }
    });
  }
});
