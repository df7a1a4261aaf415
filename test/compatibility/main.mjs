// The entry point of `npm run compatibility`.
import { parseArgs } from 'node:util';
import { ensureCheckout, suiteDirectory, versionOf } from './checkout.mjs';
import { writeDocument } from './document.mjs';
import { keepRecords } from './records.mjs';
import { describeLost, hasLost, tableOf } from './report.mjs';
import { runSuite } from './run.mjs';
import { labelOf, suites } from './suites.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';
import { mapLimit } from '../../scripts/lib/parallel.mjs';
import { Failure, main } from '../../scripts/lib/process.mjs';
import { ensureRuntime, testedMajors } from '../../scripts/lib/runtimes.mjs';
import { prepareProject, prepareTested } from '../../scripts/lib/setup.mjs';

const usage = `Usage: npm run compatibility -- [suite …] [--node <major>[,<major>…]] [--write]

Runs Node's own tests of its synchronous functions and the test suites of other packages,
from their repositories: as they are, with --import greenify/register, and, where it can be
done, with each test in a green thread. Prints passed / failed / skipped of each. Ends with 1
when fewer tests pass with greenify than without, other than those that the suite explains.

Tests are fetched with git, npm and curl into build/compatibility, where the logs are, too.

  --node <major>  on these versions only (default: ${testedMajors.join(',')})
  --write         put what this run came to into docs/compatibility.md

Suites (default: all):
${suites.map((suite) => `  ${labelOf(suite).padEnd(18)}${suite.repository}, ${versionOf(suite)}`).join('\n')}
`;

const options = {
  node: { type: 'string', default: testedMajors.join(',') },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** A name chooses all its versions, a label one. */
function chooseSuites(names) {
  const chosen = (suite) => names.includes(suite.name) || names.includes(labelOf(suite));
  const unknown = names.filter((name) =>
    suites.every((suite) => suite.name !== name && labelOf(suite) !== name),
  );
  if (unknown.length > 0) {
    throw new Failure(
      `No suite ${unknown.join(', ')}; there are ${suites.map(labelOf).join(', ')}`,
    );
  }
  return names.length === 0 ? suites : suites.filter(chosen);
}

/** Its Nodes one after the other: they share the checkout. */
function runOnNodes(suite, nodes) {
  return withLock(suiteDirectory(suite), async () => {
    const ref = await ensureCheckout(suite);
    const records = [];
    for (const { node } of nodes) {
      const exact = suite.runtime ? await ensureRuntime(suite.runtime) : node;
      records.push(await runSuite(suite, ref, exact));
    }
    return records;
  });
}

/** A suite that cannot be run is a failure of that suite, not the end of the run. */
async function recordsOf(suite, allNodes) {
  const nodes = allNodes.filter(({ major }) => suite.majors?.includes(major) ?? true);
  if (nodes.length === 0) return [];
  try {
    return await runOnNodes(suite, nodes);
  } catch (error) {
    console.error(`${labelOf(suite)}: ${error instanceof Failure ? error.message : error.stack}`);
    process.exitCode = 1;
    return [];
  }
}

await main(async () => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) return console.log(usage);
  const chosen = chooseSuites(positionals);
  await prepareProject('stress');
  const nodes = await mapLimit(values.node.split(','), 2, async (major) => ({
    major,
    node: await prepareTested(major, 'stress'),
  }));
  const records = (await mapLimit(chosen, 2, (suite) => recordsOf(suite, nodes))).flat();
  for (const mode of ['registered', 'green']) {
    for (const lost of describeLost(records, mode)) console.log(`\n${lost}`);
  }
  console.log(`\n${tableOf(records)}`);
  if (values.write) await writeDocument(keepRecords(records));
  if (records.some(hasLost)) process.exitCode = 1;
});
