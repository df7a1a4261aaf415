import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures';
import { Project } from '../support/project';

type Counts = [outer: number, begun: number];

const project = new Project();
beforeAll(() => {
  const files = { 'index.js': 'module.exports = require("./addon.node");' };
  project.addPackage('node_modules/runtime', { name: 'runtime' }, files);
  project.copy(fixturePath('runtime'), 'node_modules/runtime/addon.node');
});
afterAll(() => project.remove());

/** What three green threads see that are in the addon's calls at once, then three others, then the loop stack. */
async function seen(objects: string, before: string): Promise<Counts[][]> {
  const code = `
    const { monkeyPatch, registerPatch, sleep, spawn } = require('greenify');
    registerPatch({
      name: 'runtime', versions: '*', families: ['sleep'], objects: ${objects}, why: 'a test',
    });
    ${before}
    monkeyPatch({ sleep: true });
    const { enter } = require('runtime');
    const three = (microseconds) =>
      Promise.all(microseconds.map((time) => spawn(() => enter(time))));
    (async () => {
      const first = await three([20000, 10000, 5000]);
      gc();
      const second = await three([5000, 10000, 20000]);
      console.log(JSON.stringify([first, second, [enter(0), enter(0)]]));
    })();`;
  project.write('thread-locals.cjs', code);
  const ended = await project.run(['--expose-gc', 'thread-locals.cjs']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout) as Counts[][];
}

describe('thread-local storage of an addon', () => {
  it('is shared by green threads: who comes later sees the calls of others', async () => {
    const [first, , last] = await seen('{}', '');
    expect(first?.map(([outer]) => outer)).toEqual([0, 1, 2]);
    expect(last).toEqual([
      [0, 107],
      [0, 108],
    ]);
  });

  it.each([
    ['before', 'require("runtime").enter(0);'],
    ['after', ''],
  ])('is each one’s own where the patch says so, loaded %s greenify', async (_when, before) => {
    const [first, second, last] = await seen('{ ownThreadLocals: true }', before);
    const counts = (of: Counts[] | undefined, which: 0 | 1): number[] =>
      (of ?? []).map((entry) => entry[which]).sort();
    expect(counts(first, 0)).toEqual([0, 0, 0]);
    expect(counts(first, 1)).toEqual([101, 101, 101]);
    // The storage of those that have ended is used again.
    expect(counts(second, 0)).toEqual([0, 0, 0]);
    expect(counts(second, 1)).toEqual([102, 102, 102]);
    const mine = before === '' ? 100 : 101;
    expect(last).toEqual([
      [0, mine + 1],
      [0, mine + 2],
    ]);
  });
});
