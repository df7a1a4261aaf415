// Writes what a test run came to as JSON into the file that GREENIFY_REPORT names. vitest's own JSON
// report knows neither why a test was skipped nor errors outside of tests.
import { writeFileSync } from 'node:fs';

function suiteErrors(module) {
  return [...module.children.allSuites()].flatMap((suite) => suite.errors());
}

export default class GreenifyReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state) => tests.filter((test) => test.result().state === state).length;
    const errors = modules.flatMap((module) => [...module.errors(), ...suiteErrors(module)]);
    const skipped = tests.filter((test) => test.result().state === 'skipped');
    const report = {
      passed: count('passed'),
      failed: count('failed') + count('pending') + errors.length + unhandledErrors.length,
      skipped: skipped.map((test) => ({ name: test.fullName, reason: test.result().note })),
    };
    writeFileSync(process.env.GREENIFY_REPORT, JSON.stringify(report));
  }
}
