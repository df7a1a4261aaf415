// What every suite last came to on every major version of Node: kept in the repository, so that a run of
// one suite changes what docs/compatibility.md says of that suite alone. A line of JSON for each.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { inOrder } from './report.mjs';

const keptRecords = join(root, 'test/compatibility/records.jsonl');

const placeOf = ({ label, node }) => `${label} ${node.split('.')[0]}`;

/** Output of tests is not kept: it names files of the machine. */
const withoutReasons = (key, value) => (key === 'reason' ? undefined : value);

const linesOf = (file) => readFileSync(file, 'utf8').split('\n').filter(Boolean);

/** Puts each new record into the place of the one of its suite and major version. @returns all of them */
export function keepRecords(records, file = keptRecords) {
  const kept = linesOf(file).map((line) => JSON.parse(line));
  const places = new Map([...kept, ...records].map((record) => [placeOf(record), record]));
  const all = inOrder([...places.values()]);
  writeFileSync(file, all.map((record) => `${JSON.stringify(record, withoutReasons)}\n`).join(''));
  return all;
}
