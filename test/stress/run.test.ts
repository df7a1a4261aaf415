import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, runNode } from '../support/child';
import { Project } from '../support/project';

const project = new Project();
afterAll(() => project.remove());

const cli = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const plain = (...args: string[]): Promise<Ended> => runNode(args, { cwd: project.directory });
const run = (...args: string[]): Promise<Ended> => plain(cli, 'run', ...args);

describe('greenify run', () => {
  it.each([
    ['at once', 'cjs', `throw new TypeError('of the program');`],
    [
      'later',
      'cjs',
      `require('greenify').isGreen() && require('greenify').sleep(2); throw new TypeError('of the program');`,
    ],
    ['in a callback', 'cjs', `setTimeout(() => { throw new TypeError('of the program'); });`],
    ['in an ES module', 'mjs', `throw new TypeError('of the program');`],
    ['as a rejection', 'cjs', `Promise.reject(new TypeError('of the program'));`],
    [
      'in its own handler',
      'cjs',
      `process.on('uncaughtException', () => { throw new TypeError('of the program'); }); throw 1;`,
    ],
    ['as what is no error', 'cjs', `throw 'of the program';`],
    ['by process.exit', 'cjs', `console.error('of the program'); process.exit(9);`],
    ['as a mistake in its text', 'cjs', `const of the program;`],
  ])('ends as plain Node does when the program fails %s', async (_how, kind, text) => {
    const file = `failing.${kind}`;
    project.write(file, text);
    const expected = await plain(file);
    const ended = await run(file);
    expect(ended.code).toBe(expected.code);
    expect(ended.code).not.toBe(0);
    // The stack below ends elsewhere: main programs are not started by greenify.
    const head = (output: string): string[] => output.split('\n').slice(0, 5);
    expect(head(ended.stderr)).toEqual(head(expected.stderr));
  });
});
