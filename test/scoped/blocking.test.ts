import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from '../support/project';
import { printed as printedBy } from './support';

const project = new Project();

beforeAll(() => {
  // As packages are that wait: one of CommonJS with a dependency, and one of ES modules.
  project.addPackage(
    'node_modules/waits',
    { name: 'waits' },
    {
      'index.js': `
        const { execFileSync } = require('child_process');
        exports.fs = require('node:fs');
        exports.depends = require('depends');
        exports.nap = () => execFileSync('sleep', ['0.2']).length;
        exports.late = () => require('./late.js').zlib;
        exports.hold = (cells) => Atomics.wait(cells, 0, 0, 200);`,
      'late.js': "exports.zlib = require('zlib');",
    },
  );
  project.addPackage(
    'node_modules/depends',
    { name: 'depends' },
    { 'index.js': "exports.fs = require('fs'); exports.greenify = require('greenify');" },
  );
  project.addPackage(
    'node_modules/modern',
    { name: 'modern', type: 'module', exports: './index.js' },
    {
      'index.js': `
        import { execFileSync } from 'node:child_process';
        import depends from 'depends';
        export const nap = () => execFileSync('sleep', ['0.2']).length;
        export { depends };`,
    },
  );
});
afterAll(() => project.remove());

const printed = (body: string): Promise<unknown> => printedBy(project, body);

const load = "const waits = patchBlocking(() => require('waits'));";

describe('patchBlocking', () => {
  it('gives Node’s blocking modules green to what is required, its dependencies and its late requires', async () => {
    const values = await printed(`${load}
      const green = (name) => require('greenify/green/' + name);
      return [
        waits.fs === green('fs'), waits.depends.fs === green('fs'), waits.late() === green('zlib'),
        patchBlocking(() => require('fs')) === green('fs'), waits.depends.greenify === greenify,
      ];`);
    expect(values).toEqual([true, true, true, true, true]);
  });

  it('has waits in them suspend green threads only', async () => {
    const values = await printed(`${load}
      const cells = new Int32Array(new SharedArrayBuffer(4));
      return [await turnsIn(waits.nap), await turnsIn(() => waits.hold(cells))];`);
    expect(values).toEqual([
      [0, true],
      ['timed-out', true],
    ]);
  });

  it('leaves all others what they always got, before and after', async () => {
    const values = await printed(`
      const before = require('waits');
      const load = require('module')._load;
      ${load}
      return [
        waits !== before, require('waits') === before, before.fs === require('fs'),
        require('depends').fs === require('fs'), require('module')._load === load,
        isMonkeyPatched('fs'), (await turnsIn(before.nap))[1],
        (await turnsIn(() => before.hold(new Int32Array(new SharedArrayBuffer(4)))))[0],
      ];`);
    expect(values).toEqual([true, true, true, true, true, false, false, 'timed-out']);
  });

  it('nests, gives what the function gives, and ends when that throws', async () => {
    const values = await printed(`
      const load = require('module')._load;
      const inner = patchBlocking(() => {
        const [first, second] = [require('waits'), patchBlocking(() => require('waits'))];
        return [first === second, require('fs') === first.fs];
      });
      let thrown;
      try { patchBlocking(() => { throw new Error('mine'); }); } catch (error) { thrown = error.message; }
      return [inner, thrown, require('module')._load === load];`);
    expect(values).toEqual([[true, true], 'mine', true]);
  });

  it('is of the one who calls it: others who load something meanwhile get it plain', async () => {
    const values = await printed(`
      const inside = spawn(() => patchBlocking(() => { greenify.sleep(20); return require('waits'); }));
      const outside = require('waits');
      return [(await inside) !== outside, outside.fs === require('fs')];`);
    expect(values).toEqual([true, true]);
  });

  it('is a TypeError for what is no function', async () => {
    const values = await printed(`
      try { patchBlocking('fs'); } catch (error) { return [error.name, error.message]; }`);
    expect(values).toEqual(['TypeError', 'patchBlocking() takes a function, not string']);
  });
});

describe('importPatched of a package without addons', () => {
  it('gives its own modules Node’s blocking modules green, ES modules too', async () => {
    const values = await printed(`
      const { nap, depends } = await importPatched('modern');
      return [await turnsIn(nap), depends.fs === require('fs')];`);
    expect(values).toEqual([[0, true], true]);
  });

  it('is an error where that is not asked for, or the package asks for none of them', async () => {
    project.addPackage('node_modules/plain', { name: 'plain' }, { 'index.js': 'exports.a = 1;' });
    const values = await printed(`
      const codeOf = (promise) => promise.then(() => undefined, ({ code }) => code);
      return [
        await codeOf(importPatched('plain')),
        await codeOf(importPatched('modern', { stdlib: false })),
      ];`);
    expect(values).toEqual(['ERR_GREENIFY_NO_ADDON', 'ERR_GREENIFY_NO_ADDON']);
  });
});
