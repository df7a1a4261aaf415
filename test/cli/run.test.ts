import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import { type Ended, runNode } from '../support/child';
import { Project } from '../support/project';

const project = new Project();
afterAll(() => project.remove());

const cli = new URL('../../dist/cli/main.js', import.meta.url).pathname;

const run = (...args: string[]): Promise<Ended> =>
  runNode([cli, 'run', ...args], { cwd: project.directory });
const plain = (...args: string[]): Promise<Ended> => runNode(args, { cwd: project.directory });

/** What a program says of how it was started. */
const about = `
  JSON.stringify({
    argv: process.argv.slice(1),
    execArgv: process.execArgv,
    listeners: process.listenerCount('SIGTERM') + process.listenerCount('exit'),
    exitCode: process.exitCode,
    isMain,
  })`;

describe('greenify run', () => {
  it('runs a CommonJS file in a green thread, with everything patched', async () => {
    project.write(
      'green.cjs',
      `const { await_, current, isMonkeyPatched, sleep } = require('greenify');
       let ticks = 0;
       const timer = setInterval(() => (ticks += 1), 2);
       sleep(100);
       clearInterval(timer);
       console.log(ticks > 5, await_(Promise.resolve('awaited')), current().name);
       console.log(isMonkeyPatched('socket'), isMonkeyPatched('server'));`,
    );
    expect(await run('green.cjs')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: 'true awaited main\ntrue true\n',
    });
  });

  it('runs an ES module where Node evaluates it, with everything patched', async () => {
    project.write(
      'module.mjs',
      `import { isGreen, isMonkeyPatched, spawn, sleep } from 'greenify';
       await new Promise((resolve) => setTimeout(resolve, 1));
       console.log(isGreen(), isMonkeyPatched('server'), await spawn(() => (sleep(1), isGreen())));`,
    );
    expect(await run('module.mjs')).toMatchObject({ code: 0, stdout: 'false true true\n' });
  });

  it.each([
    ['about.cjs', `const isMain = require.main === module && module.parent;`],
    ['about.mjs', `const isMain = import.meta.main ?? null;`],
  ])('tells %s what plain Node tells it', async (file, isMain) => {
    project.write(file, `${isMain}\nconsole.log(${about});\nprocess.exitCode = 7;`);
    const args = [file, 'one', '--two', '-h', '--'];
    const expected = await plain(...args);
    expect(expected).toMatchObject({ code: 7, stderr: '' });
    expect(await run(...args)).toEqual(expected);
  });

  it('goes on after an error that the program handles', async () => {
    project.write(
      'handling.cjs',
      `process.on('uncaughtException', ({ message }) => console.log(message));
       setTimeout(() => console.log('still here'), 5);
       throw new Error('handled');`,
    );
    const ended = await run('handling.cjs');
    expect(ended).toMatchObject({ code: 0, stdout: 'handled\nstill here\n', stderr: '' });
  });

  it.each([
    ['', []],
    [' with options of Node', ['--no-warnings']],
  ])('hands signals to the program%s', async (_which, options) => {
    project.write(
      'signals.cjs',
      `process.on('SIGTERM', () => { console.log('terminated'); process.exit(5); });
       setInterval(() => {}, 1000);
       console.log('ready');`,
    );
    const child = spawn(process.execPath, [cli, 'run', ...options, 'signals.cjs'], {
      cwd: project.directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text.startsWith('ready')) child.kill('SIGTERM');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, output }).toEqual({ code: 5, output: 'ready\nterminated\n' });
  });

  it('ends by the signal that ended the program', async () => {
    project.write(
      'killed.cjs',
      `process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`,
    );
    expect(await run('killed.cjs')).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(await run('--no-warnings', 'killed.cjs')).toMatchObject({ signal: 'SIGTERM' });
  });

  it('gives options of Node to the program', async () => {
    project.write(
      'options.cjs',
      `console.log(process.execArgv.join(), typeof gc, process.argv[2]);`,
    );
    const ended = await run('--expose-gc', '--stack-trace-limit=3', 'options.cjs', '--gc');
    expect(ended).toMatchObject({
      code: 0,
      stdout: '--expose-gc,--stack-trace-limit=3 function --gc\n',
    });
  });

  it('patches what GREENIFY says', async () => {
    project.write(
      'chosen.cjs',
      `const { isMonkeyPatched } = require('greenify');
       console.log(isMonkeyPatched('socket'), isMonkeyPatched('server'));`,
    );
    const ended = await runNode([cli, 'run', 'chosen.cjs'], {
      cwd: project.directory,
      env: { GREENIFY: 'server' },
    });
    expect(ended).toMatchObject({ code: 0, stdout: 'false true\n' });
  });

  it('explains itself', async () => {
    expect(await run('--help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('greenify run [node options] <file>') as string,
    });
    expect(await run()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('which file?') as string,
    });
    expect(await runNode([cli, '--help'])).toMatchObject({
      stdout: expect.stringMatching(/^ {2}run <file>/m) as string,
    });
  });
});
