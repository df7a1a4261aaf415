// Writes docs/compatibility.md.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/process.mjs';
import { testedMajors } from '../../scripts/lib/runtimes.mjs';
import { columns, lostTests, plainFailures, rowOf } from './report.mjs';
import { labelOf, suites } from './suites.mjs';

const { resolve } = createRequire(import.meta.url);

const introduction = `# Compatibility

What Node's own tests, and the test suites of other packages, come to with greenify. The tests are those of Node's
and the packages' own repositories, unchanged; the packages are those that npm has, with their addons compiled for
each Node.

\`\`\`sh
npm run compatibility -- --write              # every suite on every version of Node; writes this page
npm run compatibility -- pg-native --node 22  # one suite on one version
npm run compatibility -- node --write         # Node's own tests; the other rows of this page stay
\`\`\`

The command fetches the tests with git, npm and curl into \`build/compatibility\`, starts a private PostgreSQL
for those that need one, and runs each suite three times:

- **plain**: as its authors do
- **with greenify**: with \`--import greenify/register\`, also in the processes that tests start
- **in green threads**: the same, and each test and hook of mocha, or each test program, begins in a
  green thread of its own, so that calls which block go through the green versions

It ends with 1 when fewer tests pass with greenify than plain, other than those explained below. Figures are tests passed / failed / skipped.
A run that crashes is repeated, at most four times, and the table says so. Time limits of mocha's tests are ten
times theirs, in all three runs, for busy machines.

The rows of **node** are Node's own test files for its synchronous functions: \`test-fs-*sync*\`,
\`test-child-process-*sync*\`, \`test-zlib-*sync*\`, \`test-crypto-pbkdf2*\` and \`test-crypto-scrypt*\` of
\`test/parallel\` and \`test/sequential\`, upper case or lower. Those with "async" in their names, about functions with
callbacks, are run as well. They are of the very version of Node that they are run on, from its tag in Node's
repository, or where that cannot be reached from Debian's archive of the same sources. A file is a test here: a
program of its own, run with the options that it names (\`// Flags:\`). Those that are skipped are for Windows.
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

/** What the table has no row for. */
function notMeasured(records) {
  const lines = suites.flatMap((suite) => {
    const isThere = (major) =>
      records.some(({ label, node }) => label === labelOf(suite) && node.startsWith(`v${major}.`));
    const left = (suite.majors ?? testedMajors).filter((major) => !isThere(major));
    return left.length > 0 ? [`- \`${labelOf(suite)}\` (Node ${left.join(', ')})\n`] : [];
  });
  return `## Not measured yet\n\n${lines.join('') || 'None.\n'}`;
}

/** @param records in the order of the table */
export async function writeDocument(records) {
  const file = join(root, 'docs/compatibility.md');
  const parts = [
    introduction,
    tableOf(records),
    notes(),
    section('Pass plain, not with greenify', lostTests(records, 'registered')),
    section('Pass plain, not in green threads', lostTests(records, 'green')),
    section('Fail plain', plainFailures(records)),
    notMeasured(records),
  ];
  writeFileSync(file, parts.join('\n'));
  await run(process.execPath, [resolve('prettier/bin/prettier.cjs'), '--write', file]);
  console.log(`Written: ${file}`);
}
