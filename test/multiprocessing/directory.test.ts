import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runCommonJs, runModule } from '../support/child';

const shared = mkdtempSync(join(tmpdir(), 'greenify-directory-'));
afterAll(() => rmSync(shared, { recursive: true }));
const env = { GREENIFY_SHARED_DIRECTORY: shared };

describe('the directory of shared objects', () => {
  it('is removed at the end of the process that has made it', async () => {
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

  it('that a killed process has left is removed by the next one, and no other', async () => {
    const killed = await runModule(
      `import { Lock } from 'greenify/multiprocessing';
       console.log(new Lock().handle);
       process.kill(process.pid, 'SIGKILL');`,
      { env },
    );
    const { path } = JSON.parse(killed.stdout) as { path: string };
    expect(existsSync(path)).toBe(true);
    const code = `
      const { Lock } = require('greenify/multiprocessing');
      const { existsSync } = require('node:fs');
      const { execFileSync } = require('node:child_process');
      const lock = new Lock();
      const child = "new (require('greenify/multiprocessing').Lock)()";
      execFileSync(process.execPath, ['--eval', child]);
      console.log(existsSync(${JSON.stringify(path)}), existsSync(JSON.parse(lock.handle).path));`;
    expect((await runCommonJs(code, { env })).stdout).toBe('false true\n');
    expect(readdirSync(shared)).toEqual([]);
  });
});
