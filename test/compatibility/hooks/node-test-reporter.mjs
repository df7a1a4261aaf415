// The reporter of Node's test runner: a line of JSON for each test, into the file that GREENIFY_RESULTS names.
import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';

const write = (line) => appendFileSync(process.env.GREENIFY_RESULTS, `${JSON.stringify(line)}\n`);

function stateOf(type, { skip, todo }) {
  if (skip !== undefined || todo !== undefined) return 'skipped';
  return type === 'test:pass' ? 'passed' : 'failed';
}

function report(type, data) {
  if (data.details?.type === 'suite') return;
  const file = data.file ? relative(process.cwd(), data.file) : '';
  const error = data.details?.error;
  const reason = error && String(error.cause?.stack ?? error.cause ?? error);
  write({ name: `${file}: ${data.name}`, state: stateOf(type, data), reason });
}

export default async function* (source) {
  for await (const { type, data } of source) {
    if (type === 'test:pass' || type === 'test:fail') report(type, data);
  }
  write({ end: true });
  yield '';
}
