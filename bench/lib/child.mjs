/** Measurements run in child processes, so that none sees what another did to its process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Runs a Node script that prints one line of JSON, and returns what the line says. */
export async function runScript(path, args, { timeoutMs = 120_000 } = {}) {
  const { stdout } = await run(process.execPath, [path, ...args], { timeout: timeoutMs });
  return JSON.parse(stdout);
}
