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

/** The C++ unit tests; their output is shown when they fail. */
export async function runNativeTests({ sanitize = false } = {}) {
  const settings = sanitize
    ? [`OUT=${join(cacheDirectory, 'native-sanitized')}`, 'SANITIZE=address,undefined']
    : [`OUT=${join(cacheDirectory, 'native')}`];
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

/** The JavaScript tests of a suite ('fast' or 'stress') on one Node; their output, too, unless shown. */
export async function runVitest(node, suite, extraArguments, show, environment = {}) {
  const report = join(cacheDirectory, 'results', `${suite}-abi-${node.abi}.json`);
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    `--reporter=${join(root, 'scripts/lib/vitest-reporter.mjs')}`,
    ...extraArguments,
  ];
  const own = { GREENIFY_SUITE: suite, GREENIFY_REPORT: report };
  const env = { ...environmentOf(node), ...environment, ...own };
  const ended = await run(node.execPath, args, { cwd: root, env, show }).then(
    (output) => ({ output, hasFailed: false }),
    (error) => ({ output: error.output, hasFailed: true }),
  );
  return { ...withFailure(readReport(report), ended.hasFailed), output: ended.output };
}
