import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from '../support/child';
import { Project } from '../support/project';

const project = new Project();
afterAll(() => project.remove());

/** Code that registers a patch for the package `late`, which loads an addon. */
const register = (parts: string): string => `
  const { registerPatch, monkeyPatch, isMonkeyPatched } = require('greenify');
  registerPatch({ name: 'late', versions: '^1.0.0', families: ['sleep'], why: 'a test', ${parts} });`;

const addLate = (directory: string, manifest: object, files: Record<string, string>): void => {
  project.addPackage(directory, { name: 'late', ...manifest }, files);
  project.addAddon(`${directory}/calls.node`);
};

beforeAll(() => {
  const commonJs = `
    class Client { query() { return 'plain'; } }
    exports.Client = Client;
    exports.calls = require('./calls.node');`;
  addLate('node_modules/late', {}, { 'index.js': commonJs });
  const module = `
    import { createRequire } from 'node:module';
    export const calls = createRequire(import.meta.url)('./calls.node');
    export class Client { query() { return 'plain'; } }`;
  addLate(
    'modules/node_modules/late',
    { type: 'module', exports: './index.js' },
    { 'index.js': module },
  );
});

async function run(code: string, directory = '.', kind = 'cjs'): Promise<Ended> {
  project.write(`${directory}/main.${kind}`, code);
  const ended = await project.run([`${directory}/main.${kind}`]);
  expect(ended).toMatchObject({ code: 0, signal: null });
  return ended;
}

const inPlace = `wrap(exports) {
  exports.Client.prototype.query = () => 'wrapped';
}`;
const replacing = `wrap: (exports) => ({ ...exports, Client: class { query() { return 'wrapped'; } } })`;

describe('a package that was loaded before greenify', () => {
  it('is wrapped where its patch works in place, and nobody is troubled', async () => {
    const ended = await run(`
      const { Client } = require('late');
      ${register(inPlace)}
      monkeyPatch();
      console.log(new Client().query(), isMonkeyPatched('late'));`);
    expect(ended).toMatchObject({ stdout: 'wrapped true\n', stderr: '' });
  });

  it('is redirected all the same where others hold what its patch replaces, and one warning says so', async () => {
    const ended = await run(`
      const late = require('late');
      ${register(replacing)}
      monkeyPatch();
      monkeyPatch();
      console.log(new late.Client().query(), new (require('late').Client)().query(), isMonkeyPatched('late'));`);
    expect(ended.stdout).toBe('plain wrapped true\n');
    expect(ended.stderr.match(/Warning:/g)).toHaveLength(1);
    expect(ended.stderr).toMatch(
      /\[GREENIFY_LATE\] GreenifyWarning: .*late 1\.0\.0 \(by .*main\.cjs\)/,
    );
    expect(ended.stderr).toMatch(/--import greenify\/register/);
  });

  it('and is a module of ES: the same', async () => {
    const ended = await run(
      `
      import { Client } from 'late';
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      ${register(inPlace)}
      monkeyPatch();
      console.log(new Client().query(), isMonkeyPatched('late'));`,
      'modules',
      'mjs',
    );
    expect(ended.stdout).toBe('plain true\n');
    expect(ended.stderr).toMatch(/\[GREENIFY_LATE\] .*late 1\.0\.0 \(.*late\/index\.js\)/);
  });

  it('is no reason to warn where its patch leaves its JavaScript alone', async () => {
    const ended = await run(`
      require('late');
      ${register('')}
      monkeyPatch();
      console.log(isMonkeyPatched('late'));`);
    expect(ended).toMatchObject({ stdout: 'true\n', stderr: '' });
  });
});

describe('a patch that changes an addon in place', () => {
  const inAddon = "files: ['calls.node'], wrap(exports) { exports.wrapped = 'wrapped'; }";
  const program = `
    import { calls } from 'late';
    import { createRequire } from 'node:module';
    const require = createRequire(import.meta.url);`;

  it('reaches a package of ES modules that was loaded before greenify', async () => {
    const code = `${program} ${register(inAddon)} monkeyPatch(); console.log(calls.wrapped);`;
    expect(await run(code, 'modules', 'mjs')).toMatchObject({ stdout: 'wrapped\n', stderr: '' });
  });

  it('reaches one that is loaded after it', async () => {
    project.write('modules/register-addon.cjs', `${register(inAddon)}\nmonkeyPatch();`);
    project.write('modules/addon.mjs', `${program} console.log(calls.wrapped);`);
    const ended = await project.run([
      '--require',
      './modules/register-addon.cjs',
      'modules/addon.mjs',
    ]);
    expect(ended).toMatchObject({ code: 0, stdout: 'wrapped\n', stderr: '' });
  });
});

describe('a package of ES modules', () => {
  it('is wrapped when it is imported after greenify', async () => {
    project.write('modules/register.cjs', `${register(inPlace)}\nmonkeyPatch();`);
    project.write(
      'modules/after.mjs',
      "import { Client } from 'late'; console.log(new Client().query());",
    );
    const ended = await project.run(['--require', './modules/register.cjs', 'modules/after.mjs']);
    expect(ended).toMatchObject({ code: 0, stdout: 'wrapped\n', stderr: '' });
  });
});

describe('a patch that is registered after greenify was activated', () => {
  it.each(['.', 'modules'])('reaches what is loaded later: in %s', async (directory) => {
    const ended = await run(
      `
      import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      require('greenify').monkeyPatch();
      ${register(inPlace)}
      const { Client } = await import('late');
      console.log(new Client().query());`,
      directory,
      'mjs',
    );
    expect(ended).toMatchObject({ stdout: 'wrapped\n', stderr: '' });
  });
});

describe('a patch', () => {
  it('that throws leaves the package working as without it, and says so', async () => {
    const throwing = `wrap(exports) {
      exports.Client.prototype.query = () => 'half wrapped';
      exports.more = true;
      throw new Error('no such method');
    }`;
    const ended = await run(`
      ${register(throwing)}
      monkeyPatch();
      const late = require('late');
      console.log(new late.Client().query(), late.more, isMonkeyPatched('late'));`);
    expect(ended.stdout).toBe('plain undefined true\n');
    expect(ended.stderr).toMatch(
      /\[GREENIFY_PATCH_FAILED\] .*patch for late 1\.0\.0 failed on .*index\.js.*: no such method/,
    );
  });

  it('for other versions is left out, with a warning; the addon is redirected all the same', async () => {
    const other = register(inPlace).replace("'^1.0.0'", "'^2.0.0'");
    const ended = await run(`
      ${other}
      monkeyPatch();
      console.log(new (require('late').Client)().query(), isMonkeyPatched('late'));`);
    expect(ended.stdout).toBe('plain true\n');
    expect(ended.stderr.match(/Warning:/g)).toHaveLength(1);
    expect(ended.stderr).toMatch(/\[GREENIFY_PATCH_VERSION\] .*late 1\.0\.0 .*\^2\.0\.0/);
  });

  it('keeps the objects it excludes from being redirected', async () => {
    const ended = await run(`
      ${register("objects: { exclude: ['calls.no*'] }")}
      monkeyPatch();
      require('late');
      console.log(isMonkeyPatched('late'));`);
    expect(ended).toMatchObject({ stdout: 'false\n', stderr: '' });
  });
});

describe('a bundled addon', () => {
  it('is green whatever its path', async () => {
    project.addAddon('bundle/8f3a.bin');
    const ended = await run(`
      require('greenify').monkeyPatch();
      const bundle = { exports: {} };
      process.dlopen(bundle, ${JSON.stringify(project.path('bundle/8f3a.bin'))});
      const { spawn } = require('greenify');
      let ticks = 0;
      const timer = setInterval(() => (ticks += 1), 5);
      spawn(() => bundle.exports.usleep(200_000)).then(() => {
        clearInterval(timer);
        console.log(ticks > 2);
      });`);
    expect(ended).toMatchObject({ stdout: 'true\n', stderr: '' });
  });
});
