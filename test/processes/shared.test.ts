import { execFileSync, fork } from 'node:child_process';
import { on } from 'node:events';
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patchLib, spawn } from 'greenify';
import { afterAll, expect, it } from 'vitest';
import { fixturePath, requireFixture } from '../support/fixtures';

interface Calls {
  flock(fd: number, operation: number): { result: number };
  read(fd: number, size: number): { data: Buffer };
  write(fd: number, data: Buffer): { result: number };
}

const [LOCK_EX, LOCK_UN] = [2, 8];
const script = fileURLToPath(new URL('../fixtures/scripts/processes/partner.mjs', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'greenify-shared-'));
afterAll(() => rmSync(directory, { recursive: true }));

it('locked files and pipes that processes share are waited for while both loops turn', async () => {
  const paths = ['file', 'to', 'from'].map((name) => join(directory, name));
  writeFileSync(paths[0]!, '');
  execFileSync('mkfifo', paths.slice(1));
  const [file, to, from] = paths.map((path) => openSync(path, 'r+')) as [number, number, number];
  patchLib(fixturePath('calls'));
  const calls = requireFixture('calls') as Calls;

  expect(calls.flock(file, LOCK_EX).result).toBe(0);
  const partner = fork(script, paths);
  const messages = on(partner, 'message', { close: ['exit'] });
  const told = async (): Promise<unknown> => {
    const { value } = (await messages.next()) as IteratorResult<[unknown]>;
    return value?.[0];
  };
  expect(await told()).toBe('waits');
  const answer = spawn(() => calls.read(from, 100).data.toString());
  expect(answer.state).toBe('waiting');
  calls.flock(file, LOCK_UN);
  expect(await told()).toBe('has it');
  const mine = spawn(() => calls.flock(file, LOCK_EX).result);
  expect(mine.state).toBe('waiting');
  for (let ticks = 0; ticks < 10; ticks += 1) await new Promise((next) => setTimeout(next, 5));
  expect([answer.state, mine.state]).toEqual(['waiting', 'waiting']);
  calls.write(to, Buffer.from('through both'));
  expect(await answer).toBe('through both');
  expect(await told()).toBeGreaterThan(3);
  expect(await mine).toBe(0); // the other process has ended
});
