// Everything that must be in place before something can run, each step skipped when done before.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildAddon } from './addon.mjs';
import { ensureDebianPackages } from './debian.mjs';
import { ensureDependencies, ensureTestPackages } from './dependencies.mjs';
import { digest, readStamp, writeStamp } from './digest.mjs';
import { ensureEmulatedRuntime } from './emulated.mjs';
import { buildFixtures } from './fixtures.mjs';
import { withLock } from './lock.mjs';
import { cacheDirectory, root } from './paths.mjs';
import { run } from './process.mjs';
import { ensureRuntime } from './runtimes.mjs';

const compilerInputs = ['src', 'tsconfig.json', 'package-lock.json', 'dist/index.js'];

function compileTypeScript() {
  const stamp = join(cacheDirectory, 'dist.stamp');
  const inputs = () => digest({ paths: compilerInputs.map((path) => join(root, path)) });
  return withLock(join(root, 'dist'), async () => {
    if (readStamp(stamp) === inputs()) return;
    console.log('Compiling TypeScript');
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
      cwd: root,
    });
    writeStamp(stamp, inputs());
  });
}

/** What does not depend on the Node version. `purpose` is 'demo', 'bench', 'test', 'stress' or 'arm64'. */
export async function prepareProject(purpose) {
  await ensureDebianPackages(purpose);
  await ensureDependencies();
  await compileTypeScript();
}

/** What is built per Node ABI. `packages`: folders of test/packages whose packages are wanted, too. */
export async function prepareNode(node, { hazards, sanitize, fixtures, packages = [], jobs } = {}) {
  const built = await buildAddon(node, { hazards, sanitize, jobs });
  if (built) console.log(`Node ${node.version}: addon built`);
  await ensureTestPackages(node, { jobs });
  for (const folder of packages) await ensureTestPackages(node, { folder, jobs });
  if (!fixtures) return;
  if (await buildFixtures(node, { jobs })) console.log(`Node ${node.version}: fixtures built`);
}

async function prepareEmulated(major) {
  const node = await ensureEmulatedRuntime(major);
  const built = await buildAddon(node, { hazards: true });
  if (built) console.log(`Node ${node.version} for arm64: addon built`);
  if (await buildFixtures(node)) console.log(`Node ${node.version} for arm64: fixtures built`);
  return node;
}

/**
 * What a suite ('test', 'stress' or 'arm64') needs of a version of Node that is tested; resolves with that
 * Node.
 */
export async function prepareTested(major, suite, { sanitize = false } = {}) {
  if (suite === 'arm64') return prepareEmulated(major);
  const node = await ensureRuntime(major);
  const packages = suite === 'stress' ? ['stress'] : [];
  await prepareNode(node, { hazards: true, sanitize, fixtures: true, packages, jobs: 1 });
  return node;
}
