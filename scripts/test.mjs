// The entry point of `npm test`, `npm run test:stress`, `npm run test:arm64` and `npm run test:sanitize`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as emulated from './lib/emulated.mjs';
import { lint } from './lib/lint.mjs';
import { limiter } from './lib/parallel.mjs';
import { cacheDirectory } from './lib/paths.mjs';
import { main } from './lib/process.mjs';
import { emulatedMajors, testedMajors } from './lib/runtimes.mjs';
import { sanitizedEnvironment, sanitizedNode, sanitizerFailures } from './lib/sanitizers.mjs';
import { prepareProject, prepareTested } from './lib/setup.mjs';
import { runNativeTests, runVitest } from './lib/suites.mjs';

const usage = `Usage: node scripts/test.mjs [--stress | --arm64] [--sanitize] [--node <major>[,<major>…]]
                                  [vitest arguments]

Sets everything up, then runs linters, C++ unit tests and the JavaScript tests on Node
${testedMajors.join(', ')}. Given arguments for vitest (a file, -t <name>), only JavaScript tests are run.

  --stress        the stress suite instead of the fast one, without linters and C++ tests
  --arm64         C++ unit tests and the core of both suites on an arm64 that qemu-user emulates, on Node
                  ${emulatedMajors.join(' and ')} unless told; everything is compiled for it on this machine
  --sanitize      the native code under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer:
                  every report of theirs is a failure; without linters, and not with --arm64
  --node <major>  on these versions only
`;

function parseArguments(args) {
  const parsed = { suite: 'fast', sanitize: false, rest: [], help: false };
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index];
    if (argument === '--help') parsed.help = true;
    else if (argument === '--stress') parsed.suite = 'stress';
    else if (argument === '--arm64') parsed.suite = 'arm64';
    else if (argument === '--sanitize') parsed.sanitize = true;
    else if (argument === '--node') parsed.majors = (args[(index += 1)] ?? '').split(',');
    else parsed.rest.push(argument);
  }
  parsed.majors ??= parsed.suite === 'arm64' ? emulatedMajors : testedMajors;
  return parsed;
}

/** A Node that cannot be set up is a failure of that version, not the end of the run. */
async function prepareMajor(major, { suite, sanitize }) {
  try {
    const node = await prepareTested(major, suite, { sanitize });
    return { name: `Node ${node.version}`, node };
  } catch (error) {
    return { name: `Node ${major}`, error };
  }
}

/**
 * Three versions have their turn side by side in the fast suite, whose tests mostly wait while the next
 * version is built for, so that it ends in time; what they print is shown version by version. The stress
 * suite watches memory and delays, and sanitizers need much of both.
 */
const sideBySide = ({ suite, sanitize }) => (suite === 'fast' && !sanitize ? 3 : 1);

/** The tests of a suite as `runVitest`; what sanitizers report is added to what failed. */
async function runSanitized(node, suite, rest, show) {
  const environment = sanitizedEnvironment(node);
  const result = await runVitest(await sanitizedNode(node), suite, rest, show, environment);
  const reports = sanitizerFailures(node);
  const failures = [...(result.failures ?? []), ...reports];
  return { ...result, failed: result.failed + reports.length, failures };
}

async function testNode({ name, node, error }, settings) {
  const { suite, sanitize, rest } = settings;
  console.log(`${name}, ${suite} suite`);
  if (error) {
    console.error(error.message);
    return { name, passed: 0, failed: 1, skipped: [] };
  }
  const show = sideBySide(settings) === 1;
  const runTests = sanitize ? runSanitized : runVitest;
  const { output, ...result } = await runTests(node, suite, rest, show);
  if (!show) console.log(`\n${name}, ${suite} suite: the end of what it printed\n${output}`);
  return { name, ...result };
}

/** What needs no Node of its own, while those are downloaded and built for. */
async function runChecks({ suite, sanitize, rest }) {
  if (suite === 'stress' || rest.length > 0) return [];
  if (suite === 'arm64') return [{ name: 'C++', ...(await runNativeTests({ emulated })) }];
  const style = sanitize ? [] : [{ name: 'Lint', skipped: [], ...(await lint()) }];
  return [...style, { name: 'C++', ...(await runNativeTests({ sanitize })) }];
}

async function runAll(settings) {
  const checks = runChecks(settings);
  const preparing = limiter(2);
  const testing = limiter(sideBySide(settings));
  const prepared = settings.majors.map((major) => preparing(() => prepareMajor(major, settings)));
  if (settings.suite !== 'fast') await Promise.all(prepared);
  const tested = await Promise.all(
    prepared.map(async (preparation) => {
      const version = await preparation;
      return testing(() => testNode(version, settings));
    }),
  );
  return [...(await checks), ...tested];
}

function printSkipped(results) {
  for (const { name, skipped } of results) {
    for (const test of skipped) {
      console.log(`SKIPPED on ${name}: ${test.name}: ${test.reason ?? 'no reason given'}`);
    }
  }
}

function total(results, key) {
  return results.reduce((sum, result) => sum + result[key], 0);
}

/** What failed, where and why; the details are far up in what was printed. */
function describeFailures(results) {
  return results.flatMap(({ name, failures = [] }) =>
    failures.map((test) => `FAILED on ${name}: ${test.name}: ${test.reason}\n`),
  );
}

/** .ci/run adds the counts of both suites up, and repeats what failed. */
function writeResults(suite, passed, failed, failures) {
  const directory = join(cacheDirectory, 'results');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${suite}.counts`), `${passed} ${failed}\n`);
  writeFileSync(join(directory, `${suite}.failures`), failures.join(''));
}

function summarize(suite, results) {
  console.log('');
  printSkipped(results);
  for (const { name, passed, failed, skipped } of results) {
    console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  }
  const passed = total(results, 'passed');
  const failed = total(results, 'failed');
  const failures = describeFailures(results);
  for (const failure of failures) process.stdout.write(failure);
  writeResults(suite, passed, failed, failures);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0 || passed === 0) process.exitCode = 1;
}

await main(async () => {
  const settings = parseArguments(process.argv.slice(2));
  if (settings.help) return console.log(usage);
  const { suite, sanitize } = settings;
  await prepareProject(suite === 'fast' ? 'test' : suite);
  summarize(sanitize ? `${suite}-sanitized` : suite, await runAll(settings));
});
