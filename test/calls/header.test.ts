import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommonJs } from '../support/child';
import { buildElfFixtures } from '../support/elf';
import { fixturePath } from '../support/fixtures';
import { said } from '../support/header';

const directory = mkdtempSync(join(tmpdir(), 'greenify-header-'));

beforeAll(buildElfFixtures);
afterAll(() => rmSync(directory, { recursive: true }));

describe('a library with greenify.h', () => {
  it('makes plain calls where there is no greenify', async () => {
    const lines = await said(`
      const call = load('plain');
      const start = performance.now();
      console.log(call('in_green_thread'), call('usleep', 50_000), call('offload', 21));
      console.log(performance.now() - start >= 100);
    `);
    expect(lines).toEqual(['0 0 42', 'true']);
  });

  it.each([
    ['before greenify', 'const call = load(name); const g = require("greenify");'],
    [
      'after greenify',
      'const g = require("greenify"); g.spawn(() => {}); const call = load(name);',
    ],
  ])('that was loaded %s waits in green threads without any patching', async (_when, setUp) => {
    const lines = await said(`
      for (const name of ['plain', 'symbolic']) {
        ${setUp}
        call('usleep', 0);
        console.log(call('in_green_thread'));
        g.spawn(() => console.log(call('in_green_thread')));
        const nothing = Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]);
        const waits = [
          () => call('usleep', 50_000),
          () => call('usleep_by_name', 50_000),
          () => call('poll', nothing, 1, 50),
          () => call('offload', 21),
        ];
        for (const wait of waits) {
          const thread = g.spawn(wait);
          // A call that blocks is over when spawn() returns.
          console.log(thread.state, await thread);
        }
      }
    `);
    const each = ['0', '1', 'waiting 0', 'waiting 0', 'waiting 0', 'waiting 42'];
    expect(lines).toEqual([...each, ...each]);
  });

  it('passes on the mode of open() and the argument of fcntl(), plain and green', async () => {
    const lines = await said(`
      const call = load('plain');
      const file = (name) => Buffer.from(${JSON.stringify(directory)} + '/' + name + '\\0');
      console.log(call('mode_of_new', file('plain'), 0o600).toString(8));
      require('greenify').spawn(() => console.log(call('mode_of_new', file('green'), 0o640).toString(8)));
    `);
    expect(lines).toEqual(['600', '640']);
  });
});

describe('an addon with greenify.h', () => {
  it.each([
    ['before', 'const addon = require(path); const { spawn } = require("greenify");'],
    [
      'before, and patched and restored by',
      'const addon = require(path); const { patchLib, spawn, unpatchLib } = require("greenify");' +
        'patchLib(path); unpatchLib(path);',
    ],
    [
      'after',
      'const { spawn } = require("greenify"); spawn(() => {}); const addon = require(path);',
    ],
  ])(
    'that was loaded (%s greenify) may have Node-API scopes open in several threads',
    async (_when, setUp) => {
      const ended = await runCommonJs(`
        const path = ${JSON.stringify(fixturePath('header'))};
        ${setUp}
        const ms = [20, 60, 40, 10];
        const threads = ms.map((time) => spawn(() => addon.sleepInScope(time * 1000)));
        Promise.all(threads).then((results) => console.log(results.join()));`);
      expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
      expect(ended.stdout).toBe('true,true,true,true\n');
    },
  );
});
