// Runs the tests of one kind, and says what they came to: { passed, failed, skipped: [...] }.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withCompilerCache } from './compiler-cache.mjs';
import { environmentOf } from './node.mjs';
import { cacheDirectory, root } from './paths.mjs';
import { run } from './process.mjs';

const doctestSummary = /test cases:\s*\d+\s*\|\s*(\d+) passed\s*\|\s*(\d+) failed/g;

/** A failure that no count accounts for still is one. */
function withFailure(counts, hasFailed) {
  return hasFailed && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function doctestCounts(output) {
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const [, passed, failed] of output.matchAll(doctestSummary)) {
    counts.passed += Number(passed);
    counts.failed += Number(failed);
  }
  return counts;
}

/** What make is told so that the C++ unit tests are compiled for an emulated machine, and run there. */
function emulation({ tools, runner, arch, beyondEmulation }) {
  const args = `--test-case-exclude='${beyondEmulation.join(',')}'`;
  const variables = Object.entries({ ...tools, RUN: runner, ARGS: args });
  const output = `OUT=${join(cacheDirectory, `native-${arch}`)}`;
  return [...variables.map(([name, value]) => `${name}=${value}`), output];
}

function nativeSettings({ emulated, sanitize }) {
  if (emulated) return emulation(emulated);
  if (!sanitize) return [`OUT=${join(cacheDirectory, 'native')}`];
  return [`OUT=${join(cacheDirectory, 'native-sanitized')}`, 'SANITIZE=address,undefined'];
}

/**
 * The C++ unit tests, of this machine or an `emulated` one, or under sanitizers; their output is shown when they
 * fail.
 */
export async function runNativeTests(kind = {}) {
  const settings = nativeSettings(kind);
  const args = ['-C', 'test/native', ...settings, 'check'];
  try {
    const counts = doctestCounts(
      await run('make', args, { cwd: root, env: withCompilerCache(process.env) }),
    );
    return withFailure(counts, counts.passed === 0);
  } catch (error) {
    console.error(error.message);
    return withFailure(doctestCounts(error.output), true);
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 1, skipped: [] };
  }
}

/** The JavaScript tests of a suite ('fast', 'stress' or 'arm64') on one Node; their output, too, unless shown. */
export async function runVitest(node, suite, extraArguments, show, environment = {}) {
  const report = join(cacheDirectory, 'results', `${suite}-abi-${node.target}.json`);
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const args = [
    ...(node.host ? ['--require', node.preload] : []),
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(root, 'scripts/lib/vitest-reporter.mjs')}`,
    ...extraArguments,
  ];
  const own = { GREENIFY_SUITE: suite, GREENIFY_REPORT: report };
  const env = { ...environmentOf(node), ...node.tools, ...environment, ...own };
  // Of an emulated Node, tests run on that one, and what transforms them on the same version for this machine.
  const { execPath } = node.host ?? node;
  const ended = await run(execPath, args, { cwd: root, env, show }).then(
    (output) => ({ output, hasFailed: false }),
    (error) => ({ output: error.output, hasFailed: true }),
  );
  return { ...withFailure(readReport(report), ended.hasFailed), output: ended.output };
}
