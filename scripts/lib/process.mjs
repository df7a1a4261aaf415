// Running other programs.
import { spawn } from 'node:child_process';

const keptOutput = 64 * 1024;

/** Something a person can act on: its message is printed without a stack. */
export class Failure extends Error {}

/** A program that could not be started or did not exit with 0. */
export class CommandError extends Failure {
  constructor(command, args, reason, output) {
    super(`${[command, ...args].join(' ')}: ${reason}${output && `\n${output.trimEnd()}`}`);
    this.output = output;
  }
}

/**
 * Runs a program to its end. Its output is shown (`show: true`), or the last `keep` characters of it are
 * kept and made part of the error when the program fails. Resolves with what was kept; stdin is closed.
 */
export function run(command, args, { cwd, env, show = false, keep: most = keptOutput } = {}) {
  return new Promise((resolve, reject) => {
    const output = show ? 'inherit' : 'pipe';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', output, output] });
    let kept = '';
    const keep = (chunk) => (kept = (kept + chunk).slice(-most));
    child.stdout?.setEncoding('utf8').on('data', keep);
    child.stderr?.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => reject(new CommandError(command, args, error.message, kept)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(kept);
      else reject(new CommandError(command, args, signal ?? `exit code ${code}`, kept));
    });
  });
}

/** Runs `task`; a failure is printed, and the process ends with 1. */
export async function main(task) {
  try {
    await task();
  } catch (error) {
    const isExpected = error instanceof Failure || error.code?.startsWith('ERR_PARSE_ARGS_');
    console.error(isExpected ? error.message : error);
    process.exitCode = 1;
  }
}
