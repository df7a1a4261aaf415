import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runNode } from './support/child';
import { type PostgresServer, startPostgres } from './support/postgres.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const packages = join(root, '.cache/packages', `abi-${process.versions.modules}`, 'node_modules');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const examples = [...readme.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code ?? '');

// A project of somebody who has installed greenify and pg-native.
const project = mkdtempSync(join(tmpdir(), 'greenify-readme-'));

let server: PostgresServer;
beforeAll(async () => {
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules/greenify'));
  symlinkSync(join(packages, 'pg-native'), join(project, 'node_modules/pg-native'));
  server = await startPostgres();
});
afterAll(async () => {
  rmSync(project, { recursive: true });
  await server.stop();
});

function paste(code: string): Promise<Ended> {
  writeFileSync(join(project, 'example.mjs'), code);
  return runNode(['example.mjs'], {
    cwd: project,
    env: {
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.user,
      PGDATABASE: server.database,
    },
  });
}

describe('the examples of the README, pasted', () => {
  it('are two', () => {
    expect(examples).toHaveLength(2);
  });

  it('the first runs three workers side by side while the event loop turns', async () => {
    const ended = await paste(examples[0] ?? '');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const lines = ended.stdout.trim().split('\n');
    expect(lines.filter((line) => line.includes('step'))).toEqual(
      [1, 2, 3].flatMap((step) => ['a', 'b', 'c'].map((name) => `${name} has done step ${step}`)),
    );
    expect(lines.filter((line) => line === 'the event loop turns').length).toBeGreaterThan(1);
    expect(lines.at(-1)).toBe("[ 'A', 'B', 'C' ]");
  });

  it('the second asks PostgreSQL ten times at once', async () => {
    const ended = await paste(examples[1] ?? '');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(
      /^ten queries: [\d.]+m?s\n\[\s+0, 1, 2, 3, 4,\s+5, 6, 7, 8, 9\s+\]\n$/,
    );
  });
});
