import { spawn as spawnProcess } from 'node:child_process';
import childProcess from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isMonkeyPatched, monkeyPatch } from 'greenify';
import { runNode } from './support/child';
import { nodeMajor } from './support/hazards';

const script = (name: string): string =>
  fileURLToPath(new URL(`fixtures/scripts/stdlib/${name}.mjs`, import.meta.url));

/** What a scenario of waiting.mjs says. */
async function scenario(name: string): Promise<unknown> {
  const ended = await runNode([script('waiting'), name], { flags: ['--no-warnings'] });
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return JSON.parse(ended.stdout);
}

/** Runs the scenario `stdin`, and writes `line` once a green thread waits for it. */
async function readStandardInput(command: string, args: string[]): Promise<string> {
  const child = spawnProcess(command, args);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const listen = child.stderr.listenerCount('data') === 0 ? child.stderr : child.stdout;
  const ready = new Promise<void>((resolve) => {
    const look = (chunk: Buffer): void => {
      if (chunk.toString().includes('ready')) resolve();
    };
    listen.on('data', look);
    child.stdout.on('data', look); // a terminal has one stream for both
  });
  await ready;
  setTimeout(() => child.stdin.end('a line\n'), 300);
  await once(child, 'close');
  return said;
}

const result = /\{"text":"a line\\n","ticked":true\}/;

describe('standard input, which process.stdin has not touched', () => {
  it('is waited for from a pipe', async () => {
    expect(await readStandardInput(process.execPath, [script('waiting'), 'stdin'])).toMatch(result);
  });

  it('is waited for from a terminal', async () => {
    const command = `${process.execPath} ${script('waiting')} stdin`;
    expect(await readStandardInput('script', ['-qec', command, '/dev/null'])).toMatch(result);
  });
});

describe('a green thread in one of Node’s blocking calls', () => {
  it('wakes with EBADF when its descriptor is closed, whose number then may mean another file', async () => {
    expect(await scenario('closed')).toEqual({ code: 'EBADF', reused: true });
  });

  it('is cancelled where the call has a way to say so, and at its next wait where it has none', async () => {
    const steps = ['done\n', 'ERR_GREENIFY_CANCELLED'];
    expect(await scenario('cancelled')).toEqual({ read: 'ECANCELED', steps });
  });

  it('keeps modules that it requires whole: nobody sees one whose file is still being read', async () => {
    const whole = [2, 2, 2, 2];
    const expected = { seen: [whole, whole], green: [true, true], pinned: 0 };
    expect(await scenario('required')).toEqual(expected);
  });

  it('is not suspended in node:sqlite, which does its I/O under locks', async ({ skip }) => {
    if (nodeMajor < 22) skip('node:sqlite is there from Node 22 on');
    expect(await scenario('sqlite')).toEqual({ rows: [1, 2], suspended: 0 });
  });

  it('does not keep the process from ending', async () => {
    const ended = await runNode([script('waiting'), 'exit']);
    expect(ended).toMatchObject({ code: 7, signal: null, stdout: '"exiting"\n', stderr: '' });
  });
});

describe('isMonkeyPatched', () => {
  it('knows Node’s modules, by name and by what they are', () => {
    const subjects = ['fs', 'node:fs', 'child_process', 'stdlib', fs, childProcess];
    expect(subjects.map((subject) => isMonkeyPatched(subject))).toEqual(subjects.map(() => false));
    monkeyPatch({ stdlib: true });
    expect(subjects.map((subject) => isMonkeyPatched(subject))).toEqual(subjects.map(() => true));
    expect(isMonkeyPatched('path')).toBe(false);
  });
});
