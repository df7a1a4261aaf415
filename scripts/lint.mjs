// Checks code style and types in both languages.
import { parseArgs } from 'node:util';
import { lint } from './lib/lint.mjs';
import { main } from './lib/process.mjs';

const usage = `Usage: node scripts/lint.mjs [--fix]

Runs eslint, prettier, clang-format and the TypeScript compiler over the project.

  --fix  correct what can be corrected
`;

const options = {
  fix: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

await main(async () => {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(usage);
  const { passed, failed } = await lint({ fix: values.fix });
  console.log(`lint: ${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
});
