import { describe, expect, it } from 'vitest';
import { type Ended, runCommonJs } from '../support/child';

/** A server in a process of its own whose handler is `body`, and a client that asks once. */
function serve(body: string, before = ''): Promise<Ended> {
  return runCommonJs(`
    const { AsyncLocalStorage } = require('node:async_hooks');
    const { createServer, get } = require('node:http');
    const { await_, green, isGreen, monkeyPatch, sleep } = require('greenify');
    const storage = new AsyncLocalStorage();
    ${before}
    monkeyPatch({ server: true });
    const server = createServer(function handler(request, response) { ${body} });
    server.listen(0, '127.0.0.1', () => {
      const asked = get({ port: server.address().port, agent: false }, (response) => {
        console.log('status', response.statusCode);
        response.resume().on('end', () => server.close());
      });
      asked.on('error', ({ code }) => console.log('client', code));
    });
  `);
}

describe('what a handler throws', () => {
  it.each([
    ['before its first wait', ''],
    ['after a wait', 'sleep(10);'],
    ['after a wait for a promise', 'await_(new Promise((resolve) => setTimeout(resolve, 5)));'],
  ])('%s ends the process, as in plain Node', async (_when, wait) => {
    const { code, stderr } = await serve(`${wait} throw new Error('of the handler');`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/Error: of the handler\n {4}at Server\.handler \(/);
    expect(stderr).not.toMatch(/unhandled/i);
  });

  it('after a wait is shown where it was thrown', async () => {
    const { stderr } = await serve(`sleep(1); throw new Error('here');`);
    expect(stderr).toMatch(/throw new Error\('here'\);/);
  });

  it.each([
    ['before its first wait', ''],
    ['after a wait', 'sleep(10);'],
  ])('%s is an uncaughtException, with its AsyncLocalStorage', async (_when, wait) => {
    const { code, stdout, stderr } = await serve(
      `storage.enterWith('store');
       ${wait}
       request.socket.setTimeout(20, () => request.socket.destroy());
       setTimeout(() => server.close(), 50);
       throw new Error('of the handler');`,
      `process.on('uncaughtException', (error, origin) =>
         console.log(error.message, origin, ${wait === '' ? '"store"' : 'storage.getStore()'}));
       process.on('unhandledRejection', () => console.log('unhandledRejection'));`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('of the handler uncaughtException store\nclient ECONNRESET\n');
  });

  it.each([
    ['before its first wait', ''],
    ['after a wait', 'sleep(10);'],
  ])('%s goes to the domain it runs in', async (_when, wait) => {
    const { code, stdout, stderr } = await serve(
      `const domain = require('node:domain').create();
       domain.on('error', (error) => {
         response.statusCode = 500;
         response.end();
         console.log(error.message, process.domain === domain);
       });
       domain.run(() => { ${wait} throw new Error('of the handler'); });`,
      `require('node:domain');`,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^of the handler (true|false)\nstatus 500\n$/);
  });

  it('before its first wait is thrown by emit, and what emit returns is what it was', async () => {
    const ended = await runCommonJs(`
      const { createServer } = require('node:net');
      const { monkeyPatch, sleep } = require('greenify');
      monkeyPatch({ server: true });
      const server = createServer();
      const emit = () => { try { return server.emit('connection'); } catch (error) { return error.message; } };
      const results = [emit()];
      server.on('connection', () => sleep(1));
      results.push(emit());
      server.prependListener('connection', () => { throw new Error('at once'); });
      results.push(emit());
      console.log(results.join());
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '', stdout: 'false,true,at once\n' });
  });
});

describe('the option', () => {
  it.each([
    ['{ server: false }', 'false false'],
    ['{ socket: true }', 'false false'],
    ['{ server: true }', 'true true'],
    ['undefined', 'true true'],
  ])('monkeyPatch(%s)', async (options, expected) => {
    const { stdout } = await runCommonJs(`
      const { createServer } = require('node:net');
      const { isGreen, isMonkeyPatched, monkeyPatch } = require('greenify');
      monkeyPatch(${options});
      createServer(() => console.log(isMonkeyPatched('server'), isGreen())).emit('connection');
    `);
    expect(stdout).toBe(`${expected}\n`);
  });

  it('is one of monkeyPatch alone', async () => {
    const { stdout } = await runCommonJs(`
      const { patchLib, requirePatched } = require('greenify');
      for (const [patch, subject] of [[patchLib, 'libc.so.6'], [requirePatched, 'vitest']]) {
        try { patch(subject, { server: true }); } catch (error) { console.log(error.message); }
      }
    `);
    expect(stdout).toMatch(/^patchLib.*"server".*\nrequirePatched.*"server".*\n$/);
  });

  it('covers servers whose emit a tracer has replaced before', async () => {
    const { stdout } = await runCommonJs(`
      const http = require('node:http');
      const { emit } = http.Server.prototype;
      http.Server.prototype.emit = function traced(...args) {
        console.log('traced', args[0]);
        return emit.apply(this, args);
      };
      const { isGreen, monkeyPatch } = require('greenify');
      monkeyPatch({ server: true });
      http.createServer(() => console.log(isGreen())).emit('request');
    `);
    expect(stdout).toBe('traced request\ntrue\n');
  });
});
