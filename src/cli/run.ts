import { spawn } from 'node:child_process';
import Module from 'node:module';
import { constants } from 'node:os';
import { resolve } from 'node:path';

import { startMain } from '../callback';
import { exitCodes, type Output } from './output';

export const runHelp = `greenify run [node options] <file> [argument ...]

Runs a program as "node <file>" does, with everything patched before it is loaded (as by
"node --import greenify/register"; GREENIFY=socket,sleep chooses what). A CommonJS file
runs in a green thread: sleep() and await_() work at its top level. An ES module runs where
Node evaluates it, on the event loop's stack: use its top-level await, and spawn().

  node options  written --name=value; with any, the program runs in a second process
  --            ends them
  -h, --help    this text

Exit code: that of the program.`;

interface Command {
  nodeOptions: string[];
  /** The file and its arguments. */
  program: string[];
}

function parse(args: string[]): Command {
  const index = args.findIndex((arg) => !arg.startsWith('-') || arg === '--');
  const end = index < 0 ? args.length : index;
  const rest = args.slice(end);
  return {
    nodeOptions: args.slice(0, end),
    program: rest[0] === '--' ? rest.slice(1) : rest,
  };
}

/** In this process: its number, its signals, its terminal and its channel are the program's own. */
function runHere([file = '', ...args]: string[]): void {
  process.argv = [process.execPath, resolve(file), ...args];
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- patches, at this moment
  require('../register');
  startMain(() => Module.runMain());
}

/** What is sent to the process that a user sees is meant for the program. */
const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGCONT'] as const;

function runWithOptions(nodeOptions: string[], program: string[]): void {
  const main = resolve(__dirname, 'main.js');
  const args = [...process.execArgv, ...nodeOptions, main, 'run', '--', ...program];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  for (const signal of forwarded) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    throw error;
  });
  child.on('exit', (code, signal) => {
    for (const name of forwarded) process.removeAllListeners(name);
    // A shell is to see the same end: by the same signal, or where that does not end us, its code (128 + n).
    if (signal !== null) process.kill(process.pid, signal);
    process.exitCode = code ?? 128 + constants.signals[signal ?? 'SIGTERM'];
  });
}

/** @returns the exit code when there is nothing to run */
export function run(args: string[], output: Output): number | undefined {
  const { nodeOptions, program } = parse(args);
  if (nodeOptions.includes('--help') || nodeOptions.includes('-h')) {
    output.write(`${runHelp}\n`);
    return exitCodes.green;
  }
  if (program.length === 0) {
    output.error(`greenify run: which file?\n\n${runHelp}\n`);
    return exitCodes.usage;
  }
  if (nodeOptions.length > 0) runWithOptions(nodeOptions, program);
  else runHere(program);
  return undefined;
}
