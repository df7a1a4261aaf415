// Prepares a fresh checkout; quick when everything is in place.
import { parseArgs } from 'node:util';
import { runningNode } from './lib/node.mjs';
import { mapLimit } from './lib/parallel.mjs';
import { Failure, main } from './lib/process.mjs';
import { testedMajors } from './lib/runtimes.mjs';
import { prepareNode, prepareProject, prepareTested } from './lib/setup.mjs';

const usage = `Usage: node scripts/setup.mjs [--for demo|bench|test|stress]

Installs Debian packages (as root; otherwise names them) and npm dependencies, compiles TypeScript
and the native addon, and installs the packages that tests and examples run on.

  --for demo    for the running Node only
  --for bench   the same, with the addons that tests load, the packages of the stress suite and more
  --for test    for Node ${testedMajors.join(', ')}, downloaded into .cache (default)
  --for stress  the same, with what only the stress suite needs (servers, more packages)
`;

const options = {
  for: { type: 'string', default: 'test' },
  help: { type: 'boolean', default: false },
};

await main(async () => {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(usage);
  if (!['demo', 'bench', 'test', 'stress'].includes(values.for))
    throw new Failure(`--for ${values.for}\n${usage}`);
  await prepareProject(values.for);
  if (['test', 'stress'].includes(values.for)) {
    await mapLimit(testedMajors, 2, (major) => prepareTested(major, values.for));
  } else {
    const isBench = values.for === 'bench';
    const packages = isBench ? ['stress', 'bench'] : [];
    await prepareNode(runningNode(), { fixtures: isBench, packages });
  }
});
