import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMonkeyPatched, monkeyPatch, sleep, spawn } from 'greenify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runModule } from '../support/child';
import { describeWhere } from '../support/where';

interface Database {
  exec(sql: string): void;
  prepare(sql: string): { get(): { sum: number }; run(...values: number[]): void };
}

const directory = mkdtempSync(join(tmpdir(), 'greenify-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true }));

const why = 'node:sqlite is there from Node 22 on';
describeWhere(isBuiltin('node:sqlite'), why, 'node:sqlite', () => {
  let open: () => Database;

  beforeAll(() => {
    monkeyPatch({ sleep: true });
    const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite') as {
      DatabaseSync: new (file: string, options: object) => Database;
    };
    open = () => new DatabaseSync(join(directory, 'database'), { timeout: 10_000 });
    open().exec('CREATE TABLE t (x INTEGER)');
  });

  it('waits for the lock of another connection while the event loop turns', async () => {
    const [one, other] = [open(), open()];
    one.exec('BEGIN IMMEDIATE');
    const waiting = spawn(() => other.exec('INSERT INTO t VALUES (2)'));
    const reading = spawn(() => other.prepare('SELECT sum(x) AS sum FROM t').get());
    expect(() => other.exec('SELECT 1')).toThrow(/^exec\(\) was called on the event loop/);
    await spawn(() => sleep(20));
    one.exec('INSERT INTO t VALUES (1)');
    one.exec('COMMIT');
    await waiting;
    expect((await reading).sum).toBe(3);
    expect(isMonkeyPatched('node:sqlite')).toBe(true);
  });

  it.each([
    ['an import before greenify', 'import "node:sqlite"; import "greenify/register";', ''],
    ['an import after it', 'import "greenify/register";', 'await import("node:sqlite");'],
    ['a require', 'import "greenify/register";', 'process.getBuiltinModule("node:sqlite");'],
  ])('is patched whoever loads it: %s', async (_who, first, then) => {
    const code = `${first}
      ${then}
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(':memory:');
      db.function('late', () => { sleep(5); return 1; });
      import { sleep, spawn } from 'greenify';
      const order = [];
      const run = (name, sql) => spawn(() => { db.prepare(sql).get(); order.push(name); });
      await Promise.all([run('first', 'SELECT late()'), run('second', 'SELECT 1')]);
      console.log(order.join());`;
    const ended = await runModule(code, { flags: ['--no-warnings'] });
    expect(ended).toMatchObject({ code: 0, stdout: 'first,second\n', stderr: '' });
  });

  it('says nothing of it, and does not load it, where nobody uses it', async () => {
    const code = `import 'greenify/register';
      console.log(process.moduleLoadList.includes('NativeModule sqlite'));`;
    expect(await runModule(code)).toMatchObject({ code: 0, stdout: 'false\n', stderr: '' });
  });
});
