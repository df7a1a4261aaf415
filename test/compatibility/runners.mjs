// How the tests of a suite are run and counted. A runner resolves with how many runs crashed before one
// came to its end, and with { name, state: 'passed' | 'failed' | 'skipped', reason } of each test.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const hook = (name) => fileURLToPath(new URL(`hooks/${name}`, import.meta.url));

/** No suite takes half of this; one that hangs is ended with all its children. */
const limitMs = 20 * 60_000;
const fileLimitMs = 2 * 60_000;

const keptLines = 15;

/** Runs to the end, output into the file `log`; resolves with 'exit code 1', 'SIGSEGV', … or ''. */
function runInGroup(command, args, { cwd, env, log, limit }) {
  return new Promise((resolve, reject) => {
    const output = openSync(log, 'a');
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), limit);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve('');
      else resolve(signal ?? `exit code ${code}`);
    });
  });
}

function endOf(log) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-keptLines).join('\n');
}

/** What a reporter (hooks/) wrote, line by line: so is known how far a run came that crashed. */
function readResults(file) {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { results: lines.filter((line) => !line.end), complete: lines.some((line) => line.end) };
}

/** A run that crashes is repeated, and the first that comes to its end counts. */
const attempts = 3;

async function runReported({ node, directory, env, log }, args) {
  const file = `${log}.results`;
  for (let crashes = 0; ; crashes += 1) {
    rmSync(file, { force: true });
    const ended = await runInGroup(node.execPath, args, {
      cwd: directory,
      env: { ...env, GREENIFY_RESULTS: file },
      log,
      limit: limitMs,
    });
    const { results, complete } = readResults(file);
    if (complete) return { results, crashes };
    if (crashes + 1 < attempts) continue;
    const reason = `${ended}\n${endOf(log)}`;
    const crash = { name: 'the run as a whole', state: 'failed', reason };
    return { results: [...results, crash], crashes: crashes + 1 };
  }
}

/** mocha in the process that is started: bin/mocha.js may start another one. */
export function mochaRunner({ nodeFlags = [], args = [] } = {}) {
  return {
    canBeGreen: true,
    run: (context) =>
      runReported(context, [
        ...nodeFlags,
        join(context.directory, 'node_modules/mocha/lib/cli/cli.js'),
        '--reporter',
        hook('mocha-reporter.cjs'),
        '--require',
        hook('patient-mocha.cjs'),
        ...(context.green ? ['--require', hook('green-mocha.cjs')] : []),
        ...args,
      ]),
  };
}

function filesBelow(directory, folder, pattern) {
  const entries = readdirSync(join(directory, folder), { recursive: true });
  return entries.filter((entry) => pattern.test(entry)).map((entry) => join(folder, entry));
}

/** Node's own test runner, one process a file. Node 20 does not expand patterns of file names. */
export function nodeTestRunner({ folder, pattern }) {
  return {
    canBeGreen: false,
    run: (context) =>
      runReported(context, [
        '--test',
        `--test-reporter=${hook('node-test-reporter.mjs')}`,
        ...filesBelow(context.directory, folder, pattern).sort(),
      ]),
  };
}

/** Plain programs that end with 0 when all is right; one that says "1..0 # Skipped" is skipped. */
export function filesRunner({ files, nodeFlags = [] }) {
  const runFile = async ({ node, directory, env, log, green }, file) => {
    const start = green ? [hook('green-main.cjs'), file] : [file];
    const ended = await runInGroup(node.execPath, [...nodeFlags, ...start], {
      cwd: directory,
      env,
      log,
      limit: fileLimitMs,
    });
    if (ended) return { name: file, state: 'failed', reason: `${ended}\n${endOf(log)}` };
    return { name: file, state: endOf(log).includes('1..0 # Skipped') ? 'skipped' : 'passed' };
  };
  return {
    canBeGreen: true,
    async run(context) {
      const results = [];
      for (const file of files) {
        rmSync(context.log, { force: true });
        results.push(await runFile(context, file));
      }
      return { results, crashes: 0 };
    },
  };
}
