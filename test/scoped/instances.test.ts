import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeMajor } from '../support/hazards';
import { Project } from '../support/project';
import { printed as printedBy } from './support';

const project = new Project();

const waits = "const fs = require('fs'); exports.fs = fs;";

beforeAll(() => {
  project.addPackage(
    'node_modules/top',
    {
      name: 'top',
      dependencies: { waiting: '*', between: '*', pure: '*', greenify: '*' },
      peerDependencies: { peer: '*' },
    },
    {
      'index.js': `
        for (const name of ['waiting', 'between', 'pure', 'peer', 'greenify'])
          exports[name] = require(name);`,
      'late.js': "exports.get = () => require('waiting').fs;",
    },
  );
  project.addPackage('node_modules/waiting', { name: 'waiting' }, { 'index.js': waits });
  project.addPackage(
    'node_modules/between',
    { name: 'between', dependencies: { waiting: '*' } },
    { 'index.js': "exports.fs = require('waiting').fs;" },
  );
  project.addPackage('node_modules/pure', { name: 'pure' }, { 'index.js': 'exports.a = 1;' });
  project.addPackage('node_modules/peer', { name: 'peer' }, { 'index.js': waits });
  project.addPackage(
    'node_modules/modern',
    { name: 'modern', type: 'module', exports: './index.js', dependencies: { waiting: '*' } },
    {
      'index.js': `
        import fs from 'node:fs';
        import Module, { createRequire } from 'module';
        import waiting from 'waiting';
        import { mine } from './part.js';
        const require = createRequire(import.meta.url);
        export default 'default';
        export const all = () => [
          fs, waiting.fs, mine, require('fs'), require('waiting').fs, process.getBuiltinModule('node:fs'),
          Module.createRequire(import.meta.filename ?? new URL(import.meta.url).pathname)('node:fs'),
        ];
        export { require };`,
      'part.js': "export { default as mine } from 'fs';",
    },
  );
  project.addPackage(
    'node_modules/legacy',
    { name: 'legacy', dependencies: { modern: '*' } },
    {
      'index.js': `
        const modern = require('modern');
        exports.all = () => [require('fs'), ...modern.all(), process.getBuiltinModule('fs')];
        exports.named = [modern.default, require('./named.mjs').only, require('./named.mjs').only];
        exports.where = () => new Error('here').stack.split('\\n')[1];
        exports.hold = (cells) => Atomics.wait(cells, 0, 0, 200);
        exports.file = __filename;`,
      'named.mjs': "import fs from 'fs'; export const only = 'named';",
    },
  );
});
afterAll(() => project.remove());

const printed = (body: string): Promise<unknown> =>
  printedBy(
    project,
    `const [fs, green] = [require('fs'), require('greenify/green/fs')];
    /** How many of some are what. */
    const count = (values, wanted) => values.filter((value) => value === wanted).length;
    ${body}`,
  );

/** Before that version, `require` of an ES module heeds no hooks. */
const hasHooks = nodeMajor >= 22;

describe('the dependencies of a package that is loaded by importPatched', () => {
  it('are second instances where they, or their own, ask for Node’s blocking modules', async () => {
    const values = await printed(`
      const top = requirePatched('top');
      const plain = require('top');
      return [
        top.waiting.fs === green, top.between.fs === green, plain.waiting.fs === fs, plain.between.fs === fs,
        (await importPatched('top')).default.between.fs === green,
      ];`);
    expect(values).toEqual([true, true, true, true, true]);
  });

  it('are those that everybody has where they do not, or are peers, or greenify', async () => {
    const values = await printed(`
      const top = requirePatched('top');
      return [
        top.pure === require('pure'), top.peer === require('peer'), top.greenify === greenify,
        requirePatched('top/late.js').get() === green,
      ];`);
    expect(values).toEqual([true, true, true, true]);
  });

  it('are left alone without stdlib', async () => {
    const values = await printed(`
      const top = requirePatched('top', { stdlib: false, modules: { waiting: 'mine' } });
      return [top.waiting, top.between.fs === fs];`);
    expect(values).toEqual(['mine', true]);
  });
});

describe('a module of a second instance', () => {
  it('gets green modules by every way to ask for them, and others get plain ones', async () => {
    const values = await printed(`
      const { all, require: own } = await importPatched('modern');
      const plain = await import('modern');
      return [
        count(all(), green), count(plain.all(), fs), process.getBuiltinModule('fs') === fs,
        own('module') instanceof Object, typeof own.resolve, own('./part.js') === undefined,
      ];`);
    expect(values).toEqual([7, 7, true, true, 'function', false]);
  });

  it.runIf(hasHooks)('is one when it is an ES module that is required, too', async () => {
    const values = await printed(`
      const inside = patchBlocking(() => [require('legacy'), require('modern')]);
      const plain = require('legacy');
      return [
        count(inside[0].all(), green), count(inside[1].all(), green), inside[0].named, inside[1].__esModule,
        count(plain.all(), fs), plain.named, count(requirePatched('modern').all(), green),
        inside[1] === patchBlocking(() => require('modern')), require('modern') !== inside[1],
      ];`);
    const names = ['default', 'named', 'named'];
    expect(values).toEqual([9, 7, names, true, 9, names, 7, true, true]);
  });

  it.runIf(!hasHooks)(
    'cannot be one when it is an ES module that is required: Node 20',
    async () => {
      const values = await printed(`
      try { requirePatched('modern'); } catch ({ code, message }) { return [code, message]; }`);
      expect(values).toEqual([
        'ERR_GREENIFY_ES_MODULE',
        expect.stringMatching(
          /^modern \(.*\) is an ES module.*Node 22\.15: use importPatched\(\)\.$/,
        ),
      ]);
    },
  );

  it('is patched as its package is', async () => {
    const values = await printed(`
      const patch = (name, file, families) => greenify.registerPatch({
        name, versions: '*', families, why: 'a test', files: [file],
        wrap: (exports) => { exports.all = () => 'patched'; },
      });
      patch('modern', 'index.js', []);
      patch('legacy', 'index.js', ['stdlib']);
      const [modern, legacy] = [await importPatched('modern'), await importPatched('legacy')];
      const plain = [(await import('modern')).all(), count(require('legacy').all(), fs) > 0];
      return [modern.all(), modern.default, legacy.all(), ...plain];`);
    // What waits in Node's functions alone is patched for others when those are green for others.
    expect(values).toEqual(['patched', 'default', 'patched', 'patched', true]);
  });

  it('has the file name that it has elsewhere, and another name in stack traces', async () => {
    const values = await printed(`
      const legacy = requirePatched('legacy');
      const plain = require('legacy');
      return [legacy.file === plain.file, plain.where(), legacy.where()];`);
    expect(values).toEqual([
      true,
      expect.stringMatching(/\(\/.*\/legacy\/index\.js:\d+:\d+\)/),
      expect.stringMatching(/\(file:.*\/legacy\/index\.js\?greenify=\d+:\d+:\d+\)/),
    ]);
  });

  it('waits by Atomics.wait green, and the same module of somebody else does not', async () => {
    const values = await printed(`
      const hold = ({ hold }) => turnsIn(() => hold(new Int32Array(new SharedArrayBuffer(4))));
      const loaded = patchBlocking(() => require('legacy'));
      const turned = await Promise.all([requirePatched('legacy'), loaded].map(hold));
      return [...turned, await hold(require('legacy'))];`);
    const [green, plain] = [true, false].map((turns) => ['timed-out', turns]);
    expect(values).toEqual([green, green, plain]);
  });
});
