import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runNode } from '../support/child';
import { buildExampleAddon } from '../support/example-addon.mjs';

let directory: string;
beforeAll(async () => {
  directory = await buildExampleAddon();
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the example addon, which calls green functions by greenify.h', () => {
  it('waits in green threads while the event loop goes on, as its README says', async () => {
    const ended = await runNode(['demo.mjs'], { cwd: directory });
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(ended.stdout).toBe(
      "[ 'one, answered', 'two, answered', 'three, answered', 1964391877 ]\n" +
        'side by side: true\nthe event loop went on: true\n',
    );
  });

  it('is an ordinary synchronous addon without greenify, and outside green threads', async () => {
    // The server is another process: this one's event loop stands still while it is asked.
    const server = `
      const server = require('node:net').createServer((socket) => {
        socket.once('data', (text) => setTimeout(() => socket.end(text + ', answered'), 100));
      });
      server.listen(0, '127.0.0.1', () => process.send(server.address().port));
      process.on('disconnect', () => process.exit());`;
    const ended = await runNode(
      [
        '-e',
        `const client = require('./index.js');
        const child = require('node:child_process').fork('-', { execArgv: ['-e', ${JSON.stringify(server)}] });
        child.once('message', (port) => {
          let turns = 0;
          const timer = setInterval(() => (turns += 1), 1);
          const ask = () => {
            const before = turns;
            const answer = client.query('127.0.0.1', String(port), 'plain');
            console.log(answer, client.digest(Buffer.from('abc'), 1), client.isGreen(), turns - before);
          };
          ask();
          const { spawn } = require('greenify');
          spawn(() => {});
          ask();
          spawn(() => console.log(client.isGreen()));
          clearInterval(timer);
          child.disconnect();
        });`,
      ],
      { cwd: directory },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    const plain = 'plain, answered 440920331 false 0';
    expect(ended.stdout.trim().split('\n')).toEqual([plain, plain, 'true']);
  });

  it('throws what went wrong', async () => {
    const ended = await runNode(
      [
        '-e',
        `const client = require('./index.js');
        const failing = [['127.0.0.1', '1', ''], ['no-such-host.invalid', '1', ''], [1]];
        for (const args of failing) {
          try { client.query(...args); } catch (error) { console.log(error.code); }
        }`,
      ],
      { cwd: directory },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(ended.stdout).toBe('connect\ngetaddrinfo\nERR_INVALID_ARG_TYPE\n');
  });
});
