// Writes what a test run came to as JSON into the file that GREENIFY_REPORT names. vitest's own JSON
// report knows neither why a test was skipped nor errors outside of tests.
import { writeFileSync } from 'node:fs';

function suiteErrors(module) {
  return [...module.children.allSuites()].flatMap((suite) => suite.errors());
}

function failureOf(name, errors) {
  return { name, reason: errors.map((error) => String(error.message)).join('\n') };
}

export default class GreenifyReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state) => tests.filter((test) => test.result().state === state).length;
    const errors = modules.flatMap((module) => [...module.errors(), ...suiteErrors(module)]);
    const failed = tests.filter((test) => ['failed', 'pending'].includes(test.result().state));
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const report = {
      passed: count('passed'),
      failed: failed.length + errors.length + unhandledErrors.length,
      failures: [
        ...failed.map((test) => failureOf(test.fullName, test.result().errors ?? [])),
        ...[...errors, ...unhandledErrors].map((error) => failureOf('outside of tests', [error])),
      ],
      skipped: skipped.map((test) => ({ name: test.fullName, reason: test.result().note })),
    };
    writeFileSync(process.env.GREENIFY_REPORT, JSON.stringify(report));
  }
}
