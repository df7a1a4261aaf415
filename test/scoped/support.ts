import { expect } from 'vitest';
import type { Project } from '../support/project';

const prelude = `
  const greenify = require('greenify');
  const { importPatched, isMonkeyPatched, patchBlocking, requirePatched, spawn } = greenify;
  spawn(() => undefined); // what every program has once it has green threads
  /** What \`fn\` gives in a green thread, and whether the event loop turns while it runs. */
  const turnsIn = async (fn) => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    const value = await spawn(fn);
    clearInterval(timer);
    return [value, turns > 5];
  };`;

/** What the body of an asynchronous function gives that is run as a program of the project, and can be JSON. */
export async function printed(project: Project, body: string): Promise<unknown> {
  const run = `(async () => { ${body} })().then((value) => console.log(JSON.stringify(value)));`;
  project.write('main.cjs', `${prelude}\n${run}`);
  const ended = await project.run(['main.cjs']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout);
}
