import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCommonJs } from '../support/child';

const shared = mkdtempSync(join(tmpdir(), 'greenify-directory-'));
afterAll(() => rmSync(shared, { recursive: true }));
const env = { GREENIFY_SHARED_DIRECTORY: shared };

it('the directory of shared objects is removed at the end of the process that has made it', async () => {
  const code = `
    const { Queue, Semaphore } = require('greenify/multiprocessing');
    new Semaphore(1);
    console.log(new Queue().handle);`;
  const { stdout, stderr, code: status } = await runCommonJs(code, { env });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const { path } = JSON.parse(stdout) as { path: string };
  expect(path.startsWith(shared)).toBe(true);
  expect(readdirSync(shared)).toEqual([]);
});
