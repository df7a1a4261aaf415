// Writes docs/compatibility.md.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/process.mjs';
import { columns, inOrder, lostTests, plainFailures, rowOf } from './report.mjs';
import { suites } from './suites.mjs';

const { resolve } = createRequire(import.meta.url);

const introduction = `# Compatibility

What the test suites of other packages come to with greenify. The tests are those of the packages' own
repositories, unchanged; the packages are those that npm has, with their addons compiled for each Node.

\`\`\`sh
npm run compatibility -- --write              # every suite on every version of Node; writes this page
npm run compatibility -- pg-native --node 22  # one suite on one version
\`\`\`

The command fetches the tests with git and npm into \`build/compatibility\`, starts a private PostgreSQL
for those that need one, and runs each suite three times:

- **plain**: as its authors do
- **with greenify**: with \`--import greenify/register\`, also in the processes that tests start
- **in green threads**: the same, and each test and hook of mocha, or each test program, begins in a
  green thread of its own, so that calls which block go through the green versions

It ends with 1 when fewer tests pass with greenify than plain. Figures are tests passed / failed / skipped.
A run that crashes is repeated, at most twice, and the table says so. Time limits of mocha's tests are ten
times theirs, in all three runs, for busy machines.
`;

function tableOf(records) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  const rows = records.map(rowOf).map(line).join('');
  return `${line(columns)}${line(columns.map(() => '---'))}${rows}`;
}

function notes() {
  const lines = suites
    .filter(({ note }) => note)
    .map(({ label, name, note }) => [label ?? name, note]);
  return lines.map(([name, note]) => `- **${name}**: ${note}\n`).join('');
}

/** A test's name, the versions of Node that it is about, and what is known of it. */
function byTest(tests) {
  const versions = new Map();
  for (const { label, name, node, why } of tests) {
    const test = `\`${label}\`: ${name.replace(/[*_`<]/g, '\\$&')}`;
    const about = versions.get(test) ?? { nodes: [], why };
    about.nodes.push(node.slice(1));
    versions.set(test, about);
  }
  return [...versions]
    .map(
      ([test, { nodes, why }]) => `- ${test} (Node ${nodes.join(', ')})${why ? `: ${why}` : ''}\n`,
    )
    .join('');
}

function section(title, tests) {
  return tests.length === 0 ? `## ${title}\n\nNone.\n` : `## ${title}\n\n${byTest(tests)}`;
}

export async function writeDocument(unordered) {
  const records = inOrder(unordered);
  const file = join(root, 'docs/compatibility.md');
  const parts = [
    introduction,
    tableOf(records),
    notes(),
    section('Pass plain, not with greenify', lostTests(records, 'registered')),
    section('Pass plain, not in green threads', lostTests(records, 'green')),
    section('Fail plain', plainFailures(records)),
  ];
  writeFileSync(file, parts.join('\n'));
  await run(process.execPath, [resolve('prettier/bin/prettier.cjs'), '--write', file]);
  console.log(`Written: ${file}`);
}
