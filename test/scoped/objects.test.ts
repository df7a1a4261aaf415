import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildElfFixtures, elfFixture } from '../support/elf';
import { fixturePath } from '../support/fixtures';
import { Project } from '../support/project';

const project = new Project();
const libraries = ['first', 'second', 'third'];

/** A package whose addon opens libraries by dlopen(3): { open, call, close }. */
function addOpener(name: string): void {
  const files = { 'index.js': "module.exports = require('./loader.node');" };
  project.addPackage(`node_modules/${name}`, { name }, files);
  project.copy(fixturePath('loader'), `node_modules/${name}/loader.node`);
}

/** A package whose addon needs (DT_NEEDED) a library that waits in poll(2). */
function addNeedy(): void {
  const directory = 'node_modules/needy';
  project.addPackage(
    directory,
    { name: 'needy' },
    {
      'index.js': "module.exports = require('./needy.node');",
      'own.c':
        'extern int poll(void *, unsigned long, int); int own(void) { return poll(0, 0, 1); }',
      'needy.c': 'void *napi_register_module_v1(void *env, void *exports) { return exports; }',
    },
  );
  const compile = (...args: string[]): void => {
    execFileSync('cc', ['-shared', '-fPIC', ...args], { cwd: project.path(directory) });
  };
  compile('own.c', '-o', 'libown.so', '-Wl,-soname,libown.so');
  const search = ['-Wl,--no-as-needed', '-L.', '-lown', '-Wl,-rpath,$ORIGIN'];
  compile('needy.c', '-o', 'needy.node', ...search);
}

beforeAll(() => {
  buildElfFixtures();
  for (const name of libraries) project.copy(elfFixture('lazy'), `lib${name}.so`);
  for (const name of ['opener', 'stranger']) addOpener(name);
  addNeedy();
  project.addPackage(
    'node_modules/failing',
    { name: 'failing' },
    { 'index.js': "require('needy'); require('opener'); throw new Error('no such luck');" },
  );
  project.write('node_modules/failing/package.json', {
    name: 'failing',
    version: '1.0.0',
    dependencies: { needy: '1', opener: '1' },
  });
});
afterAll(() => project.remove());

const prelude = `
  const { isMonkeyPatched, patchLib, importPatched, requirePatched } = require('greenify');
  const { registryReport } = require('./node_modules/greenify/dist/registry/registry');
  const path = (name) => require('node:path').join(__dirname, name);
  const [first, second, third] = ${JSON.stringify(libraries)}.map((name) => path('lib' + name + '.so'));
  const own = path('node_modules/needy/libown.so');
  const green = (...subjects) => subjects.map(isMonkeyPatched).join();`;

async function printed(code: string): Promise<string[]> {
  project.write('main.cjs', `${prelude}\n(async () => { ${code} })();`);
  const ended = await project.run(['main.cjs']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return ended.stdout.trimEnd().split('\n');
}

describe('the libraries of a scope', () => {
  it('are those that its addons open later, and not those that others open', async () => {
    const lines = await printed(`
      const stranger = require('stranger');
      const opener = requirePatched('opener');
      opener.open(first);
      stranger.open(second);
      stranger.open(third);
      opener.open(third);
      console.log(green(first, second, third, 'opener', 'stranger'));`);
    expect(lines).toEqual(['true,false,false,true,false']);
  });

  it('are those too that others had opened, if they are to be shared', async () => {
    const lines = await printed(`
      require('stranger').open(first);
      requirePatched('opener', { shared: true }).open(first);
      console.log(green(first, 'stranger'));`);
    expect(lines).toEqual(['true,false']);
  });

  it('are those that its addons need, unless somebody had opened them before', async () => {
    const code = (before: string, options = '{}'): string => `
      ${before}
      await importPatched('needy', ${options});
      const left = registryReport().shared.map(({ packageName, soname, neededBy }) => [packageName, soname, neededBy]);
      console.log(green('needy', own), JSON.stringify(left));`;
    const opened = "require('stranger').open(own);";
    expect(await printed(code(''))).toEqual(['true,true []']);
    expect(await printed(code(opened))).toEqual(['true,false [["needy","libown.so",null]]']);
    expect(await printed(code(opened, '{ shared: true }'))).toEqual(['true,true []']);
    // greenify has opened it itself, because it was asked to make it green
    expect(await printed(code('patchLib(own);'))).toEqual(['true,true []']);
  });
});

describe('a package that cannot be loaded', () => {
  it('leaves nothing green behind', async () => {
    const lines = await printed(`
      const told = (error) => console.log(error.message);
      await importPatched('failing').catch(told);
      try { requirePatched('failing'); } catch (error) { told(error); }
      const opener = require('opener');
      opener.open(first);
      console.log(green('failing', 'needy', 'opener', opener, own, first));
      const { requests, objects, shared } = registryReport();
      console.log(JSON.stringify([requests, objects, shared]));
      requirePatched('needy');
      console.log(green('needy', own, 'opener'));`);
    expect(lines).toEqual([
      'no such luck',
      'no such luck',
      Array(6).fill('false').join(),
      '[[],[],[]]',
      'true,true,false',
    ]);
  });

  it('leaves green what others have asked for, and no more of it than they have', async () => {
    const code = (family: string): string => `
      const families = () => registryReport().objects
        .flatMap(({ path, functions }) => (path === own ? functions.map(({ family }) => family) : []));
      await importPatched('needy', { ${family}: true });
      const before = families();
      await importPatched('failing').catch(() => {});
      console.log([before, families(), green('needy', 'opener')].join(' '));`;
    expect(await printed(code('socket'))).toEqual(['socket socket true,false']);
    expect(await printed(code('sleep'))).toEqual(['  true,false']);
  });
});
