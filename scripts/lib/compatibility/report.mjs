// What suites came to, as a table for the terminal and as docs/compatibility.md.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.mjs';
import { run } from '../process.mjs';
import { labelOf, suites } from './suites.mjs';

const columns = ['package', 'its tests', 'Node', 'plain', 'with greenify', 'in green threads'];

const counted = (counts) =>
  counts ? `${counts.passed} / ${counts.failed} / ${counts.skipped}` : '–';

function rowOf({ name, version, ref, node, counts }) {
  const { plain, registered, green } = counts;
  return [`${name} ${version}`, ref, node, counted(plain), counted(registered), counted(green)];
}

/** The order of suites.mjs, then by Node. */
function inOrder(records) {
  const labels = suites.map(labelOf);
  const position = ({ label, node }) => labels.indexOf(label) * 1000 + Number.parseInt(node.slice(1), 10);
  return records
    .filter(({ label }) => labels.includes(label))
    .sort((a, b) => position(a) - position(b));
}

/** passed / failed / skipped of each, in aligned columns. */
export function tableOf(records) {
  const rows = [columns, ...inOrder(records).map(rowOf)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd())
    .join('\n');
}

/** Which tests pass plain, but not with greenify, and why. */
export function describeLost(records) {
  return inOrder(records).flatMap(({ label, node, lost }) =>
    Object.entries(lost).flatMap(([mode, tests]) =>
      tests.map(({ name, reason }) => `${label}, Node ${node}, ${mode}: ${name}\n${indent(reason)}`),
    ),
  );
}

const indent = (text) => text.replace(/^/gm, '    ');

/** greenify may not cost a single test. */
export function hasLost({ counts: { plain, registered } }) {
  return plain.passed === 0 || registered.passed < plain.passed;
}
