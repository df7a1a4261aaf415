// npm dependencies: the project's own, and the real packages that tests run on.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digest, readStamp, writeStamp } from './digest.mjs';
import { runNodeGyp } from './gyp.mjs';
import { withLock } from './lock.mjs';
import { environmentOf } from './node.mjs';
import { cacheDirectory, root } from './paths.mjs';
import { run } from './process.mjs';

const npmCi = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
const manifests = ['package.json', 'package-lock.json'];

function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Whether node_modules holds what package-lock.json asks for; optional packages may be absent. */
function isInstalled() {
  const installed = lockedPackages(join(root, 'node_modules/.package-lock.json'));
  const wanted = Object.entries(lockedPackages(join(root, 'package-lock.json')));
  return wanted.every(([path, { version, optional }]) => {
    if (path === '') return true;
    return path in installed ? installed[path].version === version : optional;
  });
}

export function ensureDependencies() {
  return withLock(join(root, 'node_modules'), async () => {
    if (isInstalled()) return;
    console.log('Installing npm dependencies');
    await run('npm', npmCi, { cwd: root });
  });
}

async function installTestPackages(node, source, directory, jobs) {
  mkdirSync(directory, { recursive: true });
  for (const file of manifests) copyFileSync(join(source, file), join(directory, file));
  await run('npm', npmCi, { cwd: directory, env: environmentOf(node) });
  const packages = Object.keys(lockedPackages(join(directory, 'package-lock.json')));
  for (const path of packages.map((name) => join(directory, name))) {
    if (existsSync(join(path, 'binding.gyp'))) await runNodeGyp(node, path, { jobs });
  }
}

/** Installs test/packages into .cache/packages/abi-<n>, its addons compiled for that ABI. */
export function ensureTestPackages(node, { jobs } = {}) {
  const source = join(root, 'test/packages');
  const directory = join(cacheDirectory, 'packages', `abi-${node.abi}`);
  const stamp = join(directory, 'node_modules/.greenify-stamp');
  const inputs = digest({ paths: manifests.map((file) => join(source, file)) });
  return withLock(directory, async () => {
    if (readStamp(stamp) === inputs) return;
    console.log(`Node ${node.version}: installing the packages that tests run on`);
    await installTestPackages(node, source, directory, jobs);
    writeStamp(stamp, inputs);
  });
}
