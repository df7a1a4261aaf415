#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { doctor, exitCodes, type Output } from './doctor';

const help = `greenify <command>

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

function run([command, ...args]: string[]): number {
  if (command === 'doctor') return doctor(args, output);
  if (command === '--version') {
    output.write(`${version()}\n`);
    return exitCodes.green;
  }
  const asked = command === '--help' || command === '-h';
  (asked ? output.write : output.error)(`${help}\n`);
  return asked ? exitCodes.green : exitCodes.usage;
}

try {
  process.exitCode = run(process.argv.slice(2));
} catch (error) {
  if (!isUsageError(error)) throw error;
  output.error(`greenify: ${error.message}\n`);
  process.exitCode = exitCodes.usage;
}
