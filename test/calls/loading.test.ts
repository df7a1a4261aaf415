import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { runCommonJs } from '../support/child';
import { buildElfFixtures, elfFixture } from '../support/elf';
import { fixturePath } from '../support/fixtures';
import { behaviour } from './behaviour';

const directory = mkdtempSync(join(tmpdir(), 'greenify-loading-'));
const library = join(directory, 'libopened.so');
beforeAll(() => {
  buildElfFixtures();
  copyFileSync(elfFixture('lazy'), library);
});
afterAll(() => rmSync(directory, { recursive: true }));

/**
 * Runs code in which `loader` is patched, `library` is the path of one that it may open, and
 * `outcomeOf(wait)` tells whether a green thread waits or blocks in that. Gives what it prints.
 */
async function run(code: string): Promise<string[]> {
  const ended = await runCommonJs(`
    const { isMonkeyPatched, monkeyPatch, spawn } = require('greenify');
    const loader = require(${JSON.stringify(fixturePath('loader'))});
    const library = ${JSON.stringify(library)};
    monkeyPatch({ socket: true });
    // A struct pollfd for no descriptor: a wait of that many milliseconds.
    const nothing = Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]);
    async function outcomeOf(wait) {
      const thread = spawn(wait);
      const { state } = thread; // a call that blocks is over when spawn() returns
      const result = await thread;
      return result === 0 && state === 'waiting' ? 'green' : 'blocked ' + result;
    }
    (async () => { ${code} })();`);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return ended.stdout.trim().split('\n');
}

describe('a patched object', () => {
  behaviour('dlopen', 'redirected before use')('opens libraries that are green', async () => {
    const said = await run(`
      const handle = loader.open(library);
      console.log(isMonkeyPatched(library));
      console.log(await outcomeOf(() => loader.call(handle, 'fixture_poll', nothing, 1, 50)));
    `);
    expect(said).toEqual(['true', 'green']);
  });

  behaviour('dlmopen', ['redirected before use', 'LM_ID_NEWLM'])(
    'opens them in the namespace of all; in another, which has a libc of its own, untouched',
    async () => {
      const said = await run(`
        for (const apart of [true, false]) {
          const handle = loader.openIn(library, apart);
          const wait = () => loader.call(handle, 'fixture_poll', nothing, 1, 50);
          console.log(await outcomeOf(wait), isMonkeyPatched(library));
        }`);
      expect(said).toEqual(['blocked 0 false', 'green true']);
    },
  );

  behaviour('dlclose', 'forgotten')('closes them, and they are forgotten', async () => {
    const said = await run(`
      for (let round = 0; round < 3; round++) {
        const handle = loader.open(library);
        const before = isMonkeyPatched(library);
        loader.close(handle);
        console.log(before, isMonkeyPatched(library));
      }
      const again = loader.open(library);
      console.log(await outcomeOf(() => loader.call(again, 'fixture_poll', nothing, 1, 50)));
    `);
    expect(said).toEqual(['true false', 'true false', 'true false', 'green']);
  });

  behaviour('dlsym', 'green pointer')('looks up functions that are green', async () => {
    const said = await run(`
      for (const place of ['default', 'next', 'libc']) {
        const wait = () => loader.callFound(place, 'poll', nothing, 1, 50);
        console.log(place, await outcomeOf(wait), wait());
      }
      console.log(loader.callFound('libc', 'getpid') === process.pid);
      try {
        loader.callFound('default', 'no_such_function');
      } catch ({ code }) {
        console.log(code);
      }
    `);
    expect(said).toEqual([
      ...['default green 0', 'next green 0', 'libc green 0'],
      ...['true', 'ERR_DLOPEN_FAILED'],
    ]);
  });
});
