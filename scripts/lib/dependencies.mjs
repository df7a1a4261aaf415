// npm dependencies: the project's own, and the real packages that tests run on.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
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

/**
 * Which packages of a manifest are compiled for a Node version: those that the manifest names for it under
 * "compiled", or else all that have a binding.gyp. The others bring what is compiled along.
 */
function compiledPackages(directory, node) {
  const { compiled } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  const inManifest = (name) => compiled[name].includes(Number.parseInt(node.version.slice(1), 10));
  const paths = compiled
    ? Object.keys(compiled)
        .filter(inManifest)
        .map((name) => `node_modules/${name}`)
    : Object.keys(lockedPackages(join(directory, 'package-lock.json')));
  return paths
    .map((path) => join(directory, path))
    .filter((path) => existsSync(join(path, 'binding.gyp')));
}

/** What node-pre-gyp would pass to node-gyp: its packages take their target's name from there. */
function preGypFlags(directory) {
  const { binary } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  if (!binary?.module_name) return [];
  const path = join(directory, binary.module_path);
  return [`--module_name=${binary.module_name}`, `--module_path=${path}`];
}

/** What the manifest in `source` adds under "gypFlags"; `<manifest>` in them is its directory. */
function manifestFlags(source, name) {
  const { gypFlags } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  return (gypFlags?.[name] ?? []).map((flag) => flag.replace('<manifest>', source));
}

async function installTestPackages(node, source, directory, jobs) {
  mkdirSync(directory, { recursive: true });
  for (const file of manifests) copyFileSync(join(source, file), join(directory, file));
  await run('npm', npmCi, { cwd: directory, env: environmentOf(node) });
  for (const path of compiledPackages(directory, node)) {
    const flags = [...preGypFlags(path), ...manifestFlags(source, basename(path))];
    await runNodeGyp(node, path, { jobs, flags });
  }
}

/**
 * Installs test/packages into .cache/packages/abi-<n>, its addons compiled for that ABI; with `folder`
 * test/packages/<folder> into .cache/packages/abi-<n>/<folder>, from where the others are found too.
 */
export function ensureTestPackages(node, { folder = '.', jobs } = {}) {
  const source = join(root, 'test/packages', folder);
  const directory = join(cacheDirectory, 'packages', `abi-${node.abi}`, folder);
  const stamp = join(directory, 'node_modules/.greenify-stamp');
  const inputs = digest({ paths: [...manifests, 'include'].map((file) => join(source, file)) });
  return withLock(directory, async () => {
    if (readStamp(stamp) === inputs) return;
    console.log(`Node ${node.version}: installing the packages that tests run on`);
    await installTestPackages(node, source, directory, jobs);
    writeStamp(stamp, inputs);
  });
}
