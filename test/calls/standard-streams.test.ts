import { spawn as spawnProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect } from 'vitest';
import { fixturePath } from '../support/fixtures';
import { behaviour } from './behaviour';
import { drain, onDesk, originalCalls, type Desk } from './ways';

/** A process whose green threads call the addon's functions; it says what becomes of them. */
const program = `
  const { once } = require('node:events');
  const { writeSync } = require('node:fs');
  const { setTimeout: delay } = require('node:timers/promises');
  const { patchLib, spawn } = require('greenify');
  const path = ${JSON.stringify(fixturePath('calls'))};
  patchLib(path, { file: true });
  const calls = require(path);
  const { address } = require(${JSON.stringify(fixturePath('descriptors'))});
  /** A va_list with one word, as test/calls/structures.ts makes it. */
  function vaList(buffer) {
    const words = Buffer.from(BigInt64Array.of(BigInt(address(buffer))).buffer);
    const first = process.arch === 'x64' ? [48n | (304n << 32n)] : [];
    const list = BigInt64Array.of(...first, BigInt(address(words)), 0n, 0n);
    return Object.assign(Buffer.from(list.buffer), { words });
  }
  const say = (...words) => writeSync(2, words.join(' ') + '\\n');
  async function call(name, ...args) {
    let over = false;
    const pending = spawn(() => calls[name](...args)).then((came) => ((over = true), came));
    for (let i = 0; i < 3; i++) await delay(5);
    say(over ? 'over' : 'waits');
    return (await pending).result;
  }`;

/** Runs the program, with what its descriptor 1 is; acts on each line that it says. */
async function play(
  script: string,
  stdout: number,
  onLine: (line: string, write: (text: string) => void) => unknown,
): Promise<string[]> {
  const args = ['-e', `${program}\n(async () => {${script}})();`];
  const child = spawnProcess(process.execPath, args, { stdio: ['pipe', stdout, 'pipe'] });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    said.push(line);
    await onLine(line, (text) => (text === '' ? child.stdin!.end() : child.stdin!.write(text)));
  }
  return said;
}

describe('standard input', () => {
  const functions = ['gets', 'getchar', 'scanf', 'vscanf'] as const;

  behaviour(functions, ['data', 'end of file'])('is waited for by green threads alone', () =>
    onDesk(async (desk: Desk) => {
      const script = `
        const buffer = Buffer.alloc(100);
        const text = () => buffer.toString('latin1').split('\\0', 1)[0];
        for (let round = 0; round < 2; round++) {
          say('got', (await call('gets', buffer)) !== 0, text());
          say('got', await call('getchar'));
          say('got', await call('scanf', ' %50s', buffer), text());
          say('got', await call('vscanf', ' %50s', vaList(buffer)), text());
        }`;
      const [, nowhere] = desk.pipe();
      const input = ['a line\n', 'x', '  word ', 'other\n', ''];
      const said = await play(script, nowhere, (line, write) => {
        if (line === 'waits') write(input.shift()!);
      });
      const results = ['got true a line', 'got 120', 'got 1 word', 'got 1 other'];
      expect(said.slice(0, 8)).toEqual(results.flatMap((result) => ['waits', result]));
      const ends = said.slice(8).filter((line) => line.startsWith('got'));
      expect(ends.map((line) => line.split(' ')[1])).toEqual(['true', '-1', '-1', '-1']);
    }),
  );
});

describe('standard output', () => {
  const functions = ['puts', 'putchar', 'printf', 'vprintf'] as const;
  const SIZE = 9000;

  // Node has made it unbuffered.
  behaviour(functions, 'room')('is waited for by green threads alone', () =>
    onDesk(async (desk: Desk) => {
      const text = `Buffer.from('x'.repeat(${SIZE}) + '\\0')`;
      const script = `
        const text = ${text};
        for (const name of ${JSON.stringify(functions)}) {
          say('ready');
          await once(process.stdin, 'data');
          if (name === 'puts') await call('puts', text);
          if (name === 'printf') await call('printf', '%s', text);
          if (name === 'vprintf') await call('vprintf', Buffer.from('%s\\0'), vaList(text));
          if (name === 'putchar') await call('putchar', 'x'.charCodeAt(0));
        }
        process.stdin.destroy();`;
      const [from, to] = desk.pipe();
      const output: string[] = [];
      const said = await play(script, to, async (line, tell) => {
        if (line === 'ready') {
          originalCalls['write']!(to, Buffer.alloc(65_536, '-'));
          tell('go');
        }
        if (line !== 'waits') return;
        const { length } = output;
        const size = [SIZE + 1, 1, SIZE, SIZE][length]!;
        output.push((await drain(from, 65_536 + size)).toString().replace(/^-+/, ''));
      });
      expect(said).toEqual(Array(4).fill(['ready', 'waits']).flat());
      const text9000 = 'x'.repeat(SIZE);
      expect(output).toEqual([`${text9000}\n`, 'x', text9000, text9000]);
    }),
  );
});
