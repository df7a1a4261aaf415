import { execFile } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommonJs } from '../support/child';
import { buildElfFixtures, elfFixture } from '../support/elf';
import { fixturePath } from '../support/fixtures';
import { said } from '../support/header';

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'greenify-header-'));

beforeAll(buildElfFixtures);
afterAll(() => rmSync(directory, { recursive: true }));

describe('greenify.h', () => {
  const file = promisify(execFile);
  const strict = ['-Wall', '-Wextra', '-pedantic', '-Wshadow', '-Wconversion', '-Werror'];
  it.each([
    ['c', '-std=c99', '-D_POSIX_C_SOURCE=200809L'],
    ['c', '-std=c99', '-D_GNU_SOURCE'],
    ['c', '-std=gnu17', '-D_GNU_SOURCE'],
    ['c++', '-std=c++11', '-D_GNU_SOURCE'],
    ['c++', '-std=c++20', '-D_GNU_SOURCE'],
  ])('compiles without a warning as %s with %s %s', async (language, ...options) => {
    const source = join(root, 'include/greenify.h');
    const args = ['-x', language, '-fsyntax-only', ...options, ...strict, '-include', source];
    await expect(file('cc', [...args, '/dev/null'])).resolves.toMatchObject({ stderr: '' });
  });
});

describe('a library with greenify.h', () => {
  it('waits in the green threads of workers, and is plain beside them', async () => {
    const lines = await said(`
      const { Worker } = require('node:worker_threads');
      const call = load('plain');
      const worker = new Worker(\`
        const { parentPort } = require('node:worker_threads');
        const { spawn } = require('greenify');
        const loader = require(${JSON.stringify(fixturePath('loader'))});
        const handle = loader.open(${JSON.stringify(elfFixture('green'))});
        const { state } = spawn(() => {
          loader.call(handle, 'fixture_usleep', 10_000);
          parentPort.postMessage([loader.call(handle, 'fixture_in_green_thread'), state]);
        });\`, { eval: true });
      const { once } = require('node:events');
      // Both may come at once.
      const [[message]] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
      console.log(...message, call('in_green_thread'), call('usleep', 10), call('offload', 21));
    `);
    expect(lines).toEqual(['1 waiting 0 0 42']);
  });

  it('stays plain where a version script hides greenify_abi_1', async () => {
    const lines = await said(`
      const call = load('hidden');
      require('greenify').spawn(() => console.log(call('in_green_thread'), call('usleep', 10)));
    `);
    expect(lines).toEqual(['0 0']);
  });
});

describe('a second copy of greenify in a process', () => {
  const copy = join(directory, 'second');
  const addonIn = (base: string): string =>
    join(base, `build/abi-${process.versions.modules}/Release/greenify.node`);

  beforeAll(() => {
    symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
    for (const part of ['dist', 'package.json']) {
      cpSync(join(root, part), join(copy, part), { recursive: true });
    }
    mkdirSync(dirname(addonIn(copy)), { recursive: true });
    copyFileSync(addonIn(root), addonIn(copy));
  });

  it.each([
    ['as it is used', { GLIBC_TUNABLES: 'glibc.rtld.optional_static_tls=8192' }],
    ['as it is loaded, where the dynamic linker has no room for it', {}],
  ])('is refused %s, and the first goes on', async (_when, env) => {
    const ended = await runCommonJs(
      `const first = require('greenify');
      (async () => {
        first.spawn(() => {});
        try {
          require(${JSON.stringify(copy)}).spawn(() => {});
        } catch (error) {
          console.log(error.name, error.code, error.message);
        }
        await first.spawn(() => first.sleep(1));
      })();`,
      { env },
    );
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(ended.stdout).toMatch(/^GreenifyError ERR_GREENIFY_SECOND_COPY /);
    for (const text of [addonIn(root), addonIn(copy), 'npm ls greenify']) {
      expect(ended.stdout).toContain(text);
    }
  });
});
