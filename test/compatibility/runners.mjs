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

/** Ends what a program has left behind; ESRCH: nothing. */
function endGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Runs to the end, output into the file `log`; resolves with `reason`, 'SIGSEGV' for example, or ''. */
function runInGroup(command, args, { cwd, env, log, limit }) {
  return new Promise((resolve, reject) => {
    const output = openSync(log, 'a');
    const stdio = ['ignore', output, output];
    const child = spawn(command, args, { cwd, env, detached: true, stdio });
    closeSync(output);
    let overdue = false;
    const timer = setTimeout(() => {
      overdue = true;
      endGroup(child.pid);
    }, limit);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      endGroup(child.pid);
      if (overdue) resolve({ reason: `not done after ${limit / 60_000} minutes`, overdue });
      else resolve({ reason: signal ?? (code === 0 ? '' : `exit code ${code}`), overdue });
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
const attempts = 5;

async function runReported({ node, directory, env, log }, args) {
  const file = `${log}.results`;
  for (let crashes = 0; ; crashes += 1) {
    rmSync(file, { force: true });
    const { reason, overdue } = await runInGroup(node.execPath, args, {
      cwd: directory,
      env: { ...env, GREENIFY_RESULTS: file },
      log,
      limit: limitMs,
    });
    const { results, complete } = readResults(file);
    if (complete) return { results, crashes };
    if (!overdue && crashes + 1 < attempts) continue;
    const name = 'the run as a whole';
    const failure = { name, state: 'failed', reason: `${reason}\n${endOf(log)}` };
    return { results: [...results, failure], crashes: crashes + 1 };
  }
}

/** mocha in the process that is started: bin/mocha.js may start another one. `flagsOn` gives options of a Node. */
export function mochaRunner({ flagsOn = () => [], args = [] } = {}) {
  return {
    canBeGreen: true,
    run: (context) =>
      runReported(context, [
        ...flagsOn(context.node),
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

/**
 * Plain programs that end with 0 when all is right; one that says "1..0 # Skipped" is skipped. `files` may be found
 * in the package's directory, and `flagsOf` says with which options of Node a file is run.
 */
export function filesRunner({ files, flagsOf = () => [] }) {
  const runFile = async ({ node, directory, env, log, green }, file) => {
    const start = green ? [hook('green-main.cjs'), file] : [file];
    const { reason } = await runInGroup(
      node.execPath,
      [...flagsOf(join(directory, file)), ...start],
      { cwd: directory, env, log, limit: fileLimitMs },
    );
    if (reason) return { name: file, state: 'failed', reason: `${reason}\n${endOf(log)}` };
    return { name: file, state: endOf(log).includes('1..0 # Skipped') ? 'skipped' : 'passed' };
  };
  return {
    canBeGreen: true,
    async run(context) {
      const results = [];
      const found = typeof files === 'function' ? files(context.directory) : files;
      for (const file of found) {
        rmSync(context.log, { force: true });
        results.push(await runFile(context, file));
      }
      return { results, crashes: 0 };
    },
  };
}
