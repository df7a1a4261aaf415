// Builds the native addon; npm runs it when greenify is installed.
import { parseArgs } from 'node:util';
import { buildAddon } from './lib/addon.mjs';
import { runningNode } from './lib/node.mjs';
import { main } from './lib/process.mjs';
import { ensureRuntime } from './lib/runtimes.mjs';

const usage = `Usage: node scripts/build.mjs [--hazards] [--sanitize] [--node <major>]

Builds the native addon into build/abi-<n>/Release.

  --hazards       also build greenify_hazards.node, whose safety measures tests can switch off
  --sanitize      build for AddressSanitizer and UndefinedBehaviorSanitizer, into build/sanitized/abi-<n>/Release
  --node <major>  build for the newest Node <major>, downloaded into .cache, instead of the running one
`;

const options = {
  hazards: { type: 'boolean', default: false },
  sanitize: { type: 'boolean', default: false },
  node: { type: 'string' },
  help: { type: 'boolean', default: false },
};

await main(async () => {
  const { values } = parseArgs({ options });
  if (values.help) return console.log(usage);
  const node = values.node ? await ensureRuntime(values.node) : runningNode();
  const start = performance.now();
  const { hazards, sanitize } = values;
  const built = await buildAddon(node, { hazards, sanitize });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const result = built ? `built in ${seconds} s` : 'up to date';
  console.log(`greenify for Node ${node.version} (ABI ${node.abi}): ${result}`);
});
