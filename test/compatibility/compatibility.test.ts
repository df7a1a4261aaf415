import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeSuites } from './node.mjs';
import { keepRecords } from './records.mjs';
import { hasLost } from './report.mjs';
import { filesRunner, nodeTestRunner } from './runners.mjs';

const greenify = JSON.stringify(require.resolve('greenify'));
const directory = mkdtempSync(join(tmpdir(), 'greenify-compatibility-'));
afterAll(() => rmSync(directory, { recursive: true }));

const context = {
  node: { execPath: process.execPath, version: process.version },
  directory,
  env: process.env,
  log: join(directory, 'log'),
};

function write(name: string, text: string): string {
  mkdirSync(dirname(join(directory, name)), { recursive: true });
  writeFileSync(join(directory, name), text);
  return name;
}

/** proc_pid_status(5); empty when there is no such process. */
function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

describe("the runners of other packages' tests", () => {
  it('count programs by how they end and by what they say', async () => {
    const files = [
      write('right.js', ''),
      write('wrong.js', 'throw new Error("no such thing");'),
      write('skipped.js', 'console.log("1..0 # Skipped: not here");'),
      write('killed.js', 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000);'),
    ];
    const { results } = await filesRunner({ files }).run({ ...context, green: false });
    expect(results.map(({ state }) => state)).toEqual(['passed', 'failed', 'skipped', 'failed']);
    expect(results[1]?.reason).toContain('no such thing');
    expect(results[3]?.reason).toContain('SIGKILL');
  });

  it('run a program as the main module, in a green thread when told to', async () => {
    const text = `if (require.main !== module || !require(${greenify}).isGreen()) process.exit(1);`;
    const runner = filesRunner({ files: [write('green.js', text)] });
    const stateOf = async (green: boolean): Promise<string | undefined> =>
      (await runner.run({ ...context, green })).results[0]?.state;
    expect(await stateOf(true)).toBe('passed');
    expect(await stateOf(false)).toBe('failed');
  });

  it('run an ES module in a green thread as well', async () => {
    const text = `import { isGreen } from ${JSON.stringify(pathToFileURL(require.resolve('greenify')).href)};
      if (!isGreen()) process.exit(1);`;
    const { results } = await filesRunner({ files: [write('green.mjs', text)] }).run({
      ...context,
      green: true,
    });
    expect(results).toEqual([{ name: 'green.mjs', state: 'passed' }]);
  });

  it("choose Node's tests by their names, and run them with the options that they ask for", async () => {
    const names = ['test-fs-write-sync.js', 'test-fs-readSync-type.mjs', 'test-crypto-scrypt.js'];
    for (const name of [...names, 'test-fs-write.js', 'test-net-sync.js', 'test-fs-sync.status'])
      write(`test/parallel/${name}`, '');
    write(
      'test/sequential/test-child-process-execsync.js',
      `'use strict';
      // Flags: --expose-internals --no-warnings
      if (process.execArgv.join() !== '--expose-internals,--no-warnings') process.exit(1);`,
    );
    const { results = [] } = (await nodeSuites[0]?.runner.run({ ...context, green: false })) ?? {};
    expect(results).toEqual([
      ...names.sort().map((name) => ({ name: `test/parallel/${name}`, state: 'passed' })),
      { name: 'test/sequential/test-child-process-execsync.js', state: 'passed' },
    ]);
  });

  it('end what a program has left running', async () => {
    const left = join(directory, 'left');
    const wait = 'setInterval(() => {}, 1000)';
    const text = `const child = require('node:child_process').spawn(process.execPath, ['-e', '${wait}']);
      require('node:fs').writeFileSync('left', String(child.pid));
      process.exit();`;
    await filesRunner({ files: [write('leaves.js', text)] }).run({ ...context, green: false });
    const pid = readFileSync(left, 'utf8');
    const isRunning = (): boolean => /^State:\s+[^ZX]/m.test(statusOf(pid));
    await expect.poll(isRunning, { timeout: 10_000 }).toBe(false);
  });

  it("count the tests of Node's runner", async () => {
    write(
      'some.test.js',
      `const { test } = require('node:test');
      test('passes', () => {});
      test('fails', () => { throw new Error('as it should'); });
      test('is skipped', { skip: true }, () => {});`,
    );
    const runner = nodeTestRunner({ folder: '.', pattern: /some\.test\.js$/ });
    const { results, crashes } = await runner.run({ ...context, green: false });
    expect(crashes).toBe(0);
    expect(results).toMatchObject([
      { name: 'some.test.js: passes', state: 'passed' },
      { name: 'some.test.js: fails', state: 'failed' },
      { name: 'some.test.js: is skipped', state: 'skipped' },
    ]);
  });
});

const counts = (passed: number) => ({ passed, failed: 0, skipped: 0, crashes: 0 });

describe('a suite has lost tests', () => {
  const record = (plain: number, registered: number, why?: string) => ({
    counts: { plain: counts(plain), registered: counts(registered) },
    lost: { registered: plain > registered ? [{ name: 'a test', why }] : [] },
  });

  it('when fewer pass with greenify, unless it is explained', () => {
    expect(hasLost(record(3, 3))).toBe(false);
    expect(hasLost(record(3, 2))).toBe(true);
    expect(hasLost(record(3, 2, 'as every preloaded module does'))).toBe(false);
    expect(hasLost(record(3, 1, 'one is explained, two are lost'))).toBe(true);
  });

  it('when fewer pass in green threads', () => {
    const { counts: counted, lost } = record(3, 3);
    const inGreenThreads = (passed: number) => ({
      counts: { ...counted, green: counts(passed) },
      lost: { ...lost, green: [] },
    });
    expect(hasLost(inGreenThreads(3))).toBe(false);
    expect(hasLost(inGreenThreads(2))).toBe(true);
  });

  it('when none pass at all', () => {
    expect(hasLost(record(0, 0))).toBe(true);
  });
});

describe('what suites came to', () => {
  const record = (label: string, node: string, passed: number) => ({
    ...{ label, name: label, version: '1.0.0', ref: 'v1.0.0', node },
    counts: { plain: counts(passed), registered: counts(passed) },
    lost: { registered: [{ name: 'a test', reason: '/home/user/test.js:1', why: 'known' }] },
    plainFailures: [],
  });

  it('is kept until the same suite is run on the same major version, without output of tests', () => {
    const file = join(directory, write('records.jsonl', ''));
    keepRecords([record('libpq', 'v22.1.0', 1), record('libpq', 'v20.1.0', 2)], file);
    keepRecords([record('express', 'v22.1.0', 3)], file);
    const records = keepRecords([record('libpq', 'v22.2.0', 4)], file);
    expect(records.map(({ label, node }) => `${label} ${node}`)).toEqual([
      'libpq v20.1.0',
      'libpq v22.2.0',
      'express v22.1.0',
    ]);
    expect(keepRecords([], file)).toMatchObject(
      records.map(({ counts: kept }) => ({ counts: kept })),
    );
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('"why":"known"');
    expect(text).not.toContain('/home/user');
  });
});
