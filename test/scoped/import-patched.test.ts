import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from '../support/child';
import { packagePath } from '../support/packages.mjs';
import { type PostgresServer, startPostgres } from '../support/postgres.mjs';
import { Project } from '../support/project';

const project = new Project();
let server: PostgresServer;

beforeAll(async () => {
  server = await startPostgres();
  for (const name of ['pg-native', 'libpq']) {
    project.link(`node_modules/${name}`, packagePath(name));
  }
  project.addPackage(
    'node_modules/other',
    { name: 'other' },
    { 'index.js': "exports.calls = require('./calls.node');" },
  );
  project.addAddon('node_modules/other/calls.node');
  project.addPackage(
    'node_modules/waits',
    { name: 'waits' },
    {
      'index.js': `
        exports.calls = require('./calls.node');
        exports.part = require('./part.js');
        exports.count = 0;
        exports.fs = require('node:fs');
        exports.other = require('other');`,
      'part.js': "exports.marker = require('fs').marker; exports.missing = require('missing');",
    },
  );
  project.addAddon('node_modules/waits/calls.node');
  project.addPackage(
    'node_modules/script',
    { name: 'script', type: 'module', exports: './index.js' },
    {
      'index.js': `
        import fs, { marker } from 'fs';
        import * as namespace from 'node:fs';
        import old, { named } from './old.cjs';
        export const seen = [fs.marker, marker, namespace.marker, old.marker, named].join();
        export const part = import('./part.js').then(({ marker }) => marker);
        export let count = 0;
        export const increase = () => (count += 1);`,
      'part.js': "import { marker } from 'node:fs'; export { marker };",
      'old.cjs': "exports.marker = require('fs').marker; exports.named = 'named';",
    },
  );
});
afterAll(async () => {
  project.remove();
  await server.stop();
});

async function printed(kind: 'cjs' | 'mjs', code: string): Promise<string[]> {
  project.write(`main.${kind}`, code);
  const ended: Ended = await project.run([`main.${kind}`], {
    env: { DATABASE: server.connectionString },
  });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended.stdout.trimEnd().split('\n');
}

/** Whether the event loop turns while `call`, which takes 200 ms, runs in a green thread. */
const isGreen = `
  const isGreen = async (call) => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await spawn(call);
    clearInterval(timer);
    return ticks > 2;
  };`;

describe('importPatched', () => {
  it('makes pg-native green and nothing else', async () => {
    const lines = await printed(
      'mjs',
      `
      import { importPatched, isMonkeyPatched, spawn } from 'greenify';
      import { createRequire } from 'node:module';
      import { readFileSync } from 'node:fs';
      import { calls } from 'other';
      ${isGreen}
      const module = await importPatched('pg-native');
      const { default: Client } = module;
      const client = new Client();
      await spawn(() => client.connectSync(process.env.DATABASE));
      console.log(await isGreen(() => client.querySync('select pg_sleep(0.2)')));
      console.log(await isGreen(() => calls.usleep(200_000)));
      const ask = (n) => spawn(() => client.querySync('select ' + n + ' as n, pg_sleep(0.05)')[0].n);
      console.log((await Promise.all([1, 2, 3].map(ask))).join());
      client.end();
      const mapped = (name) => readFileSync('/proc/self/maps', 'utf8').split('\\n')
        .find((line) => line.includes(name)).replace(/^[^/]*/, '');
      const green = ['pg-native', 'libpq', module, Client, mapped('libpq.so'), 'libpq.so.5', mapped('addon.node')];
      console.log(green.map(isMonkeyPatched).join());
      const blocking = ['other', mapped('calls.node'), 'libc.so.6', 'socket', 'sleep', { calls }, 'pg', 'fs'];
      console.log(blocking.map(isMonkeyPatched).join());`,
    );
    expect(lines).toEqual([
      'true',
      'false',
      '1,2,3',
      Array(7).fill('true').join(),
      Array(8).fill('false').join(),
    ]);
  });

  it('gives a second instance of JavaScript, and the same addon to both', async () => {
    const lines = await printed(
      'mjs',
      `
      import { importPatched } from 'greenify';
      import plain from 'other';
      const { default: green } = await importPatched('other');
      const { default: waits } = await importPatched('waits', { modules: { missing: 'found' } });
      console.log(plain === green, plain.calls === green.calls, waits.other === plain);`,
    );
    expect(lines).toEqual(['false true true']);
  });

  it('gives replacements to ES modules and CommonJS of the package, and to nobody else', async () => {
    const lines = await printed(
      'mjs',
      `
      import { importPatched } from 'greenify';
      const modules = { fs: { marker: 'mine' } };
      const green = await importPatched('script', { modules });
      console.log(green.seen, await green.part);
      const again = await importPatched('script', { modules: { 'node:fs': { marker: 'other' } } });
      green.increase();
      const plain = await import('script').catch((error) => error.message);
      console.log(again.seen, again.count, green.count, plain);`,
    );
    expect(lines).toEqual([
      'mine,mine,mine,mine,named mine',
      "other,other,other,other,named 0 1 The requested module 'fs' does not provide an export named 'marker'",
    ]);
  });

  it('leaves libraries alone that others need, unless it or a patch is told', async () => {
    const libpq = packagePath('libpq');
    project.addPackage(
      'node_modules/copy',
      { name: 'copy' },
      { 'index.js': "module.exports = require('./addon.node');" },
    );
    project.copy(`${libpq}/build/Release/addon.node`, 'node_modules/copy/addon.node');
    const code = (options: string, before = ''): string => `
      import { importPatched, isMonkeyPatched, registerPatch } from 'greenify';
      import { createRequire } from 'node:module';
      ${before}
      createRequire(import.meta.url)('libpq');
      await importPatched('copy', ${options});
      console.log(['copy', 'libpq.so.5', 'libpq'].map(isMonkeyPatched).join());`;
    expect(await printed('mjs', code('{}'))).toEqual(['true,false,false']);
    expect(await printed('mjs', code('{ shared: true }'))).toEqual(['true,true,false']);
    const include = `registerPatch({ name: 'copy', versions: '*', families: ['socket'], why: 'a test',
      objects: { include: ['libpq.so.*'] } });`;
    expect(await printed('mjs', code('{}', include))).toEqual(['true,true,false']);
  });
});

describe('requirePatched', () => {
  it('does the same for CommonJS', async () => {
    const lines = await printed(
      'cjs',
      `
      const { isMonkeyPatched, requirePatched, spawn } = require('greenify');
      ${isGreen}
      const modules = { 'node:fs': { marker: 'mine' }, missing: 'found' };
      const waits = requirePatched('waits', { modules });
      console.log(waits.part.marker, waits.part.missing, waits.fs === modules['node:fs']);
      console.log(isMonkeyPatched('waits'), isMonkeyPatched(waits), isMonkeyPatched(waits.other));
      const other = requirePatched('other', { sleep: true });
      const { calls } = waits;
      (async () => {
        console.log(await isGreen(() => calls.usleep(200_000)), await isGreen(() => other.calls.usleep(200_000)));
        console.log(requirePatched('./node_modules/other/calls.node') === other.calls);
      })();`,
    );
    expect(lines).toEqual(['mine found true', 'true true false', 'true true', 'true']);
  });

  it('and monkeyPatch add up', async () => {
    const lines = await printed(
      'cjs',
      `
      const { isMonkeyPatched, monkeyPatch, requirePatched } = require('greenify');
      const other = requirePatched('other', { socket: true });
      monkeyPatch({ sleep: true });
      console.log(isMonkeyPatched('other'), isMonkeyPatched(require('other')), isMonkeyPatched('sleep'));`,
    );
    expect(lines).toEqual(['true true true']);
  });
});

describe('original', () => {
  it('gives a module of Node’s own, and what a package exported before it was wrapped', async () => {
    const lines = await printed(
      'cjs',
      `
      const { monkeyPatch, original, registerPatch } = require('greenify');
      registerPatch({ name: 'other', versions: '*', families: [], why: 'a test', wrap: () => ({ wrapped: true }) });
      monkeyPatch();
      console.log(require('other').wrapped, original('other').wrapped, typeof original('other').calls);
      console.log(original('fs') === require('fs'), original('node:net') === require('net'));`,
    );
    expect(lines).toEqual(['true undefined object', 'true true']);
  });
});

describe('what cannot be made green', () => {
  const errorOf = async (name: string, options = '{}'): Promise<string> => {
    const [line = ''] = await printed(
      'mjs',
      `
      import { importPatched, requirePatched } from 'greenify';
      const told = (error) => error.code + ' ' + error.message.replaceAll('\\n', ' ');
      const later = await importPatched(${JSON.stringify(name)}, ${options}).then(String, told);
      let now;
      try { now = String(requirePatched(${JSON.stringify(name)}, ${options})); } catch (error) { now = told(error); }
      console.log(later === now ? now : later + ' / ' + now);`,
    );
    return line;
  };

  beforeAll(() => {
    project.addPackage('node_modules/plain', { name: 'plain' }, { 'index.js': 'exports.a = 1;' });
    project.addPackage(
      'node_modules/broken',
      { name: 'broken' },
      { 'index.js': "module.exports = require('./broken.node');", 'broken.node': 'no addon' },
    );
  });

  it('is said with a code, and with where it was looked for', async () => {
    expect(await errorOf('no-such-package')).toMatch(
      /^ERR_GREENIFY_PACKAGE_NOT_FOUND no-such-package: .*looked for from .*main\.mjs in: .*node_modules/,
    );
    expect(await errorOf('plain')).toMatch(/^ERR_GREENIFY_NO_ADDON plain has no native addon/);
    expect(await errorOf('broken')).toMatch(
      /^ERR_GREENIFY_ADDON_NOT_LOADABLE broken .*broken\.node/,
    );
    expect(await errorOf('./nowhere.node')).toMatch(
      /^ERR_GREENIFY_PACKAGE_NOT_FOUND .*nowhere\.node/,
    );
  });

  it('is said of an addon that needs a library that cannot be loaded: which, needed by whom, why', async () => {
    const directory = 'node_modules/needy';
    project.addPackage(
      directory,
      { name: 'needy' },
      {
        'index.js': "module.exports = require('./needy.node');",
        'gone.c': 'int gone(void) { return 1; }',
        'needy.c': 'void *napi_register_module_v1(void *env, void *exports) { return exports; }',
      },
    );
    const library = project.path(`${directory}/libgone.so`);
    const compile = (...args: string[]): void => {
      execFileSync('gcc', ['-shared', '-fPIC', ...args], { cwd: project.path(directory) });
    };
    compile('gone.c', '-o', 'libgone.so');
    const search = ['-Wl,--no-as-needed', '-L.', '-lgone', '-Wl,-rpath,$ORIGIN'];
    compile('needy.c', '-o', 'needy.node', ...search);
    const whole = readFileSync(library);
    rmSync(library);
    const missing =
      /^ERR_GREENIFY_ADDON_LOAD_FAILED needy .*: libgone\.so \(needed by .*needy\.node\) is missing: looked in .*needy, /;
    expect(await errorOf('needy')).toMatch(missing);
    const spoilt =
      /^ERR_GREENIFY_ADDON_LOAD_FAILED needy .*: libgone\.so \(needed by .*needy\.node\) cannot be loaded: .*needy\/libgone\.so: /;
    for (const content of [whole.subarray(0, 64), 'no library']) {
      writeFileSync(library, content);
      expect(await errorOf('needy')).toMatch(spoilt);
    }
  });

  it('is not green, and asking whether it is is no error', async () => {
    const subjects = ['no-such-package', 'plain', 'broken', 'needy', './nowhere.node', '/no.so.1'];
    const lines = await printed(
      'mjs',
      `
      import { isMonkeyPatched, monkeyPatch } from 'greenify';
      monkeyPatch();
      console.log(${JSON.stringify(subjects)}.map(isMonkeyPatched).join());`,
    );
    expect(lines).toEqual([Array(6).fill('false').join()]);
  });

  it('is a TypeError for wrong arguments', async () => {
    expect(await errorOf('')).toMatch(/^ERR_INVALID_ARG_TYPE .*takes the name or path/);
    expect(await errorOf('other', '{ sockets: true }')).toMatch(
      /^ERR_INVALID_ARG_TYPE .*"sockets"/,
    );
    expect(await errorOf('other', '{ shared: 1 }')).toMatch(/^ERR_INVALID_ARG_TYPE .*"shared"/);
    expect(await errorOf('other', '{ modules: [] }')).toMatch(/^ERR_INVALID_ARG_TYPE .*"modules"/);
  });
});
