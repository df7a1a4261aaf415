// mocha's reporter: a line of JSON for each test, into the file that GREENIFY_RESULTS names.
const { appendFileSync } = require('node:fs');

const write = (line) => appendFileSync(process.env.GREENIFY_RESULTS, `${JSON.stringify(line)}\n`);

/** Something keeps the process alive, and a person would have to end it. */
function endProcess() {
  write({ name: 'the process ends after its tests', state: 'failed' });
  process.exit(1);
}

const graceMs = 10_000;

const reasonOf = (error) => String(error?.stack ?? error);

module.exports = class {
  constructor(runner) {
    const report = (state) => (test, error) =>
      write({ name: test.fullTitle(), state, reason: error && reasonOf(error) });
    runner.on('pass', report('passed'));
    runner.on('fail', report('failed'));
    runner.on('pending', report('skipped'));
    runner.on('end', () => {
      write({ end: true });
      setTimeout(endProcess, graceMs).unref();
    });
  }
};
