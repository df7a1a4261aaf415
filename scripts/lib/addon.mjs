// Builds the native addon for one Node ABI, incrementally and side by side with other ABIs.
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { digest, readStamp, writeStamp } from './digest.mjs';
import { runNodeGyp } from './gyp.mjs';
import { withLock } from './lock.mjs';
import { hasHeaders } from './node.mjs';
import { abiDirectory, isCheckout, root } from './paths.mjs';

const linkedInputs = ['binding.gyp', 'include', 'native', 'package.json'];
const digestedInputs = [
  'binding.gyp',
  'include',
  'native',
  'scripts/lib/addon.mjs',
  'scripts/lib/gyp.mjs',
];

function inputDigest(node) {
  return digest({
    paths: digestedInputs.map((path) => join(root, path)),
    strings: [node.target, process.env.CXX ?? '', process.env.CXXFLAGS ?? ''],
  });
}

/**
 * node-gyp always builds into `build/` beside binding.gyp. A directory of links per ABI gives each
 * Node an output tree of its own, so that no build throws away another one's objects.
 */
function prepareWorkDirectory(directory) {
  mkdirSync(directory, { recursive: true });
  for (const input of linkedInputs) {
    const link = join(directory, input);
    if (!existsSync(link)) symlinkSync(relative(directory, join(root, input)), link);
  }
}

/**
 * Two executables of one ABI share an output tree. Headers are reached through one link, set once,
 * so that alternating between the two does not change every compiler command and rebuild all.
 */
function withStableHeaders(node, directory) {
  if (!node.nodedir) return node;
  const link = join(directory, 'headers');
  if (!hasHeaders(link, node.abi)) {
    rmSync(link, { force: true });
    symlinkSync(node.nodedir, link);
  }
  return { ...node, nodedir: link };
}

/** Replaces the file in one step: a running process keeps the addon it has mapped. */
function publish(from, to) {
  copyFileSync(from, `${to}.new`);
  renameSync(`${to}.new`, to);
}

async function build(node, output, { hazards, sanitize, jobs }) {
  const targets = hazards ? ['greenify', 'greenify_hazards'] : ['greenify'];
  const directory = join(output, 'gyp');
  const release = join(output, 'Release');
  const inputs = inputDigest(node);
  const stampOf = (target) => join(release, `${target}.stamp`);
  if (targets.every((target) => readStamp(stampOf(target)) === inputs)) return false;
  prepareWorkDirectory(directory);
  mkdirSync(release, { recursive: true });
  await runNodeGyp(withStableHeaders(node, directory), directory, {
    jobs,
    flags: [
      `--greenify_hazards=${Number(hazards)}`,
      `--greenify_sanitize=${Number(sanitize)}`,
      // Warnings are errors in a checkout only, and not about what sanitizers have added to the code.
      `--greenify_strict=${Number(isCheckout && !sanitize)}`,
    ],
  });
  for (const target of targets) {
    publish(join(directory, 'build/Release', `${target}.node`), join(release, `${target}.node`));
    writeStamp(stampOf(target), inputs);
  }
  return true;
}

/**
 * Builds `greenify.node`, with `hazards` also the test-only `greenify_hazards.node`, into
 * `build/abi-<n>/Release`; with `sanitize` under sanitizers, into `build/sanitized/abi-<n>/Release`.
 * Resolves with false when everything was up to date.
 */
export function buildAddon(node, { hazards = false, sanitize = false, jobs } = {}) {
  const output = abiDirectory(node.target, { sanitize });
  return withLock(output, () => build(node, output, { hazards, sanitize, jobs }));
}
