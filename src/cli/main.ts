#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { exitCodes, type Output } from './output';

const help = `greenify <command>

  run <file> [argument ...]      a program, with everything patched before it is loaded
  doctor [package or path ...]   which blocking calls native addons make, and which can be green
  --version                      the version of greenify
  -h, --help                     this text; greenify <command> --help has that of a command`;

const output: Output = {
  write: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  width: process.stdout.columns ?? 100,
};

function version(): string {
  const manifest = readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function isUsageError(error: unknown): error is Error {
  return String((error as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS_');
}

/** A command is loaded when it is asked for: a program that `run` runs has nothing of the others in its process. */
/* eslint-disable @typescript-eslint/no-require-imports -- at the moment they are needed */
type Command = (args: string[], output: Output) => number | undefined;

const commands: Record<string, () => Command> = {
  run: () => (require('./run') as { run: Command }).run,
  doctor: () => (require('./doctor') as { doctor: Command }).doctor,
};
/* eslint-enable @typescript-eslint/no-require-imports */

/** @returns the exit code, unless that is a program's own */
function execute([command = '', ...args]: string[]): number | undefined {
  if (Object.hasOwn(commands, command)) return commands[command]?.()(args, output);
  if (command === '--version') {
    output.write(`${version()}\n`);
    return exitCodes.green;
  }
  const asked = command === '--help' || command === '-h';
  (asked ? output.write : output.error)(`${help}\n`);
  return asked ? exitCodes.green : exitCodes.usage;
}

try {
  const code = execute(process.argv.slice(2));
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  if (!isUsageError(error)) throw error;
  output.error(`greenify: ${error.message}\n`);
  process.exitCode = exitCodes.usage;
}
