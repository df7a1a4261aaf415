import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ended } from '../support/child';
import { Project } from '../support/project';

// A patch that leaves a mark on what `marked` exports, in place, and one that replaces what `replaced` exports.
const patches = `
  const { registerPatch } = require('greenify');
  const common = { versions: '^1.0.0', families: ['socket'], why: 'a test' };
  registerPatch({ ...common, name: 'marked', wrap(exports, context) {
    exports.mark = 'marked by ' + context.name + '@' + context.version + '/' + context.file;
  } });
  registerPatch({ ...common, name: 'replaced', wrap: () => function replacement() {} });
  registerPatch({ ...common, name: 'parts', files: ['part.cjs'], wrap() {} });
`;
const marked = 'exports.mark = "unmarked"; exports.directory = __dirname;';
const markOf = (version = '1.0.0', file = 'index.js'): string =>
  `marked by marked@${version}/${file}`;

const project = new Project();
beforeAll(() => {
  project.write('patches.cjs', patches);
  project.addPackage('node_modules/marked', { name: 'marked' }, { 'index.js': marked });
  project.addPackage(
    'node_modules/replaced',
    { name: 'replaced' },
    { 'index.js': 'module.exports = function original() {};' },
  );
});
afterAll(() => project.remove());

let scripts = 0;

/** Runs a script with greenify/register and the patches; what it prints. */
async function printed(
  kind: 'cjs' | 'mjs',
  code: string,
  { before = ['--import', 'greenify/register'] } = {},
): Promise<string[]> {
  scripts += 1;
  const name = `script-${scripts}.${kind}`;
  project.write(name, code);
  const ended = await project.run(['--require', './patches.cjs', ...before, name]);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended.stdout.trimEnd().split('\n');
}

describe.each(['--import', '--require'])('node %s greenify/register', (flag) => {
  const before = [flag, 'greenify/register'];

  it('wraps what is required', async () => {
    const code = `
      const { createRequire } = require('node:module');
      console.log(require('marked').mark);
      console.log(createRequire(__filename)('marked').mark);
      console.log(require('replaced').name, require('replaced') === require('replaced'));`;
    expect(await printed('cjs', code, { before })).toEqual([
      markOf(),
      markOf(),
      'replacement true',
    ]);
  });

  it('wraps what is imported, statically and dynamically, as a whole and by name', async () => {
    const code = `
      import { createRequire } from 'node:module';
      import marked, { mark } from 'marked';
      import replaced from 'replaced';
      const require = createRequire(import.meta.url);
      console.log(marked.mark);
      console.log(mark, (await import('marked')).mark === mark);
      console.log(replaced.name, replaced === require('replaced'));`;
    const lines = [markOf(), `${markOf()} true`, 'replacement true'];
    expect(await printed('mjs', code, { before })).toEqual(lines);
  });
});

describe('greenify/register', () => {
  it('leaves the other modules of a patched package as they are: what they export may change', async () => {
    project.addPackage(
      'node_modules/parts',
      { name: 'parts', type: 'module', main: './index.js' },
      {
        'index.js':
          "import { state, begin } from './state.js'; begin(); export const read = () => state;",
        'state.js': "export let state; export const begin = () => { state = 'begun'; };",
      },
    );
    const code = "import { read } from 'parts'; console.log(read());";
    expect(await printed('mjs', code)).toEqual(['begun']);
  });

  it('does so in worker threads too', async () => {
    const code = `
      const { Worker, isMainThread } = require('node:worker_threads');
      const { isMonkeyPatched, spawn, sleep } = require('greenify');
      if (isMainThread) new Worker(__filename);
      else spawn(() => { sleep(1); console.log(require('marked').mark, isMonkeyPatched('socket')); });`;
    expect(await printed('cjs', code)).toEqual([`${markOf()} true`]);
  });

  describe.each([
    ['nothing else', ['--import', 'greenify/register']],
    [
      'require() that takes no ES modules',
      // Without the deprecation of module.register, on Node 26.
      ['--no-experimental-require-module', '--no-deprecation', '--import', 'greenify/register'],
    ],
  ])('with %s', (_, before) => {
    it('wraps what is imported', async () => {
      const code = "import { mark } from 'marked'; console.log(mark);";
      expect(await printed('mjs', code, { before })).toEqual([markOf()]);
    });

    it('leaves workers that begin with a data: URL as they are', async () => {
      const code = `
        const { Worker } = require('node:worker_threads');
        new Worker(new URL('data:text/javascript,console.log(import.meta.url.slice(0, 5), await 1)'));`;
      expect(await printed('cjs', code, { before })).toEqual(['data: 1']);
    });
  });

  it('takes families from GREENIFY', async () => {
    const report =
      "const { isMonkeyPatched: is } = require('greenify'); console.log(is('socket'), is('sleep'))";
    const runWith = (GREENIFY: string): Promise<Ended> =>
      project.run(['--require', 'greenify/register', '--eval', report], { env: { GREENIFY } });
    expect(await runWith('')).toMatchObject({ code: 0, stdout: 'true true\n' });
    expect(await runWith('socket')).toMatchObject({ code: 0, stdout: 'true false\n' });
    expect(await runWith(' sleep, file,')).toMatchObject({ code: 0, stdout: 'false true\n' });
    const ended = await runWith('socket,slep');
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(/unknown key "slep"; give some of socket, sleep, file/);
    expect(ended.stderr).toMatch(/code: 'ERR_GREENIFY_ENVIRONMENT'/);
  });
});

describe('wherever a package lies', () => {
  it('in the store of pnpm, behind links', async () => {
    const store = 'pnpm/node_modules/.pnpm/marked@1.2.0/node_modules/marked';
    project.addPackage(store, { name: 'marked', version: '1.2.0' }, { 'index.js': marked });
    project.link('pnpm/node_modules/marked', project.path(store));
    project.write('pnpm/index.cjs', "exports.mark = require('marked').mark;");
    project.write('pnpm/index.mjs', "export { mark } from 'marked';");
    const code =
      "import { mark } from './pnpm/index.mjs'; import c from './pnpm/index.cjs'; console.log(mark, c.mark);";
    expect(await printed('mjs', code)).toEqual([`${markOf('1.2.0')} ${markOf('1.2.0')}`]);
  });

  it('in a workspace, where an addon of its own shows what it is', async () => {
    const loads = "exports.calls = require('./calls.node'); exports.mark = 'unmarked';";
    const manifest = { name: 'marked', version: '1.3.0' };
    project.addPackage('workspace/packages/marked', manifest, { 'index.js': loads });
    project.addAddon('workspace/packages/marked/calls.node');
    project.link('workspace/app/node_modules/marked', project.path('workspace/packages/marked'));
    project.write(
      'workspace/app/index.cjs',
      "console.log(require('marked').mark, require('greenify').isMonkeyPatched('marked'));",
    );
    expect(await printed('cjs', "require('./workspace/app/index.cjs')")).toEqual([
      `${markOf('1.3.0')} true`,
    ]);
  });

  it('under another name, as npm’s aliases have it', async () => {
    const manifest = { name: 'marked', version: '1.4.0' };
    const loads = "exports.calls = require('./calls.node'); exports.mark = 'unmarked';";
    project.addPackage('node_modules/alias', manifest, { 'index.js': loads });
    project.addAddon('node_modules/alias/calls.node');
    const code = "console.log(require('alias').mark)";
    expect(await printed('cjs', code)).toEqual([markOf('1.4.0')]);
  });

  it('in two versions at once', async () => {
    const nested = 'node_modules/parent/node_modules/marked';
    project.addPackage(nested, { name: 'marked', version: '1.9.0' }, { 'index.js': marked });
    project.addPackage(
      'node_modules/parent',
      { name: 'parent' },
      { 'index.js': "module.exports = require('marked');" },
    );
    const code = "console.log(require('marked').mark, require('parent').mark)";
    expect(await printed('cjs', code)).toEqual([`${markOf()} ${markOf('1.9.0')}`]);
  });
});
