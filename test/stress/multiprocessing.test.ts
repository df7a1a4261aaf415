import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'greenify';
import { Lock, Queue, Semaphore } from 'greenify/multiprocessing';
import { afterAll, expect, it } from 'vitest';
import { runCommonJs, runModule } from '../support/child';
import { kill, partner, partners, slowestPace } from '../support/party';

const directory = mkdtempSync(join(tmpdir(), 'greenify-multiprocessing-'));
const env = { GREENIFY_SHARED_DIRECTORY: directory };
afterAll(() => rmSync(directory, { recursive: true }));

it('a lock lets one of 4 × 10 green threads in, though holders are killed', async () => {
  const lock = new Lock();
  const path = join(directory, 'number');
  writeFileSync(path, '0');
  const what = { handle: lock.handle, path, threads: 10, times: 25 };
  const counting = partners(4, 'count', what);
  for (let i = 0; i < 5; i += 1) {
    const holder = partner('keep', { handle: lock.handle });
    await holder.told;
    await kill(holder);
  }
  const told = await counting;
  expect(readFileSync(path, 'utf8')).toBe('1000');
  expect(slowestPace(told)).toBeLessThan(100);
  lock.close();
}, 120_000);

it('a semaphore of 3 lets 3 of 4 × 10 green threads in', async () => {
  const semaphore = new Semaphore(3);
  const path = join(directory, 'entries');
  writeFileSync(path, '');
  const what = { handle: semaphore.handle, path, threads: 10, times: 25 };
  const told = await partners(4, 'enter', what);
  const entries = [...readFileSync(path, 'utf8')];
  let inside = 0;
  const levels = entries.map((entry) => (inside += entry === '+' ? 1 : -1));
  expect(entries).toHaveLength(2000);
  expect(Math.max(...levels)).toBe(3);
  expect([inside, semaphore.value]).toEqual([0, 3]);
  expect(slowestPace(told)).toBeLessThan(100);
  semaphore.close();
}, 120_000);

it.each([0, 5])(
  'a queue (size %i) loses nothing between 3 and 3 processes',
  async (maxsize) => {
    const queue = new Queue(maxsize);
    const what = { handle: queue.handle, threads: 5 };
    const consuming = partners<{ sum: number; items: number }>(3, 'consume', what);
    const produced = await partners<number>(3, 'produce', { ...what, times: 100, bytes: 50_000 });
    await spawn(() => {
      for (let i = 0; i < 15; i += 1) queue.put('end');
    });
    const consumed = await consuming;
    const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
    expect(sum(consumed.map(({ result }) => result.items))).toBe(1500);
    expect(sum(consumed.map(({ result }) => result.sum))).toBe(
      sum(produced.map(({ result }) => result)),
    );
    expect(slowestPace([...produced, ...consumed])).toBeLessThan(100);
    queue.close();
  },
  120_000,
);

it('a queue goes on when a process that puts, and one that gets, are killed', async () => {
  const queue = new Queue(5);
  for (let i = 0; i < 6; i += 1) {
    const producer = partner('produce', {
      handle: queue.handle,
      threads: 4,
      times: 1e6,
      bytes: 10,
    });
    const consumer = partner('consume', { handle: queue.handle, threads: 4 });
    for (const { told } of [producer, consumer]) void told.catch(() => undefined);
    await queue.getAsync({ timeout: 20_000 });
    await Promise.all([kill(producer), kill(consumer)]);
  }
  await spawn(() => {
    while (!queue.empty()) queue.get();
    queue.put('still works');
    expect(queue.get({ timeout: 5000 })).toBe('still works');
  });
  queue.close();
}, 120_000);

it('the directory that a killed process has left is removed by the next one, and no other', async () => {
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
});
