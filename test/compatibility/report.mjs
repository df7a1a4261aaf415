// What suites came to, as a table for the terminal, and what is to be said of it.
import { labelOf, suites } from './suites.mjs';

export const columns = [
  'package',
  'its tests',
  'Node',
  'plain',
  'with greenify',
  'in green threads',
];

function counted(counts) {
  if (!counts) return '–';
  const { passed, failed, skipped, crashes } = counts;
  const tests = `${passed} / ${failed} / ${skipped}`;
  return crashes > 0 ? `${tests} (crashed runs: ${crashes})` : tests;
}

export function rowOf({ name, version, ref, node, counts }) {
  const { plain, registered, green } = counts;
  return [`${name} ${version}`, ref, node, counted(plain), counted(registered), counted(green)];
}

/** The order of suites.mjs, then by Node. */
export function inOrder(records) {
  const labels = suites.map(labelOf);
  const position = ({ label, node }) =>
    labels.indexOf(label) * 1000 + Number.parseInt(node.slice(1), 10);
  return records
    .filter(({ label }) => labels.includes(label))
    .sort((a, b) => position(a) - position(b));
}

/** passed / failed / skipped of each, in aligned columns. */
export function tableOf(records) {
  const rows = [columns, ...inOrder(records).map(rowOf)];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Which tests pass plain, but not in `mode`, with the suite and the Node. */
export function lostTests(records, mode) {
  return records.flatMap(({ label, node, lost }) =>
    (lost[mode] ?? []).map((test) => ({ label, node, ...test })),
  );
}

export function plainFailures(records) {
  return records.flatMap(({ label, node, plainFailures: failures }) =>
    failures.map((test) => ({ label, node, ...test })),
  );
}

const indent = (text) => text.replace(/^/gm, '    ');

/** The tests that greenify costs, in full. */
export function describeLost(records, mode) {
  return lostTests(inOrder(records), mode).map(
    ({ label, node, name, reason }) =>
      `${label}, Node ${node}, ${mode}: ${name}\n${indent(reason)}`,
  );
}

/** greenify may not cost a single test but those that a suite's row explains. */
export function hasLost({ counts, lost }) {
  const hasLostIn = (mode) => {
    const explained = lost[mode].filter(({ why }) => why).length;
    return counts[mode].passed + explained < counts.plain.passed;
  };
  return counts.plain.passed === 0 || Object.keys(lost).some(hasLostIn);
}
