// Builds the native addons that tests load (test/fixtures/addons) for one Node ABI.
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { digest, readStamp, writeStamp } from './digest.mjs';
import { runNodeGyp } from './gyp.mjs';
import { withLock } from './lock.mjs';
import { cacheDirectory, root } from './paths.mjs';

const sources = join(root, 'test/fixtures/addons');

function inputDigest(node) {
  return digest({
    paths: [sources, join(root, 'include'), join(root, 'scripts/lib/fixtures.mjs')],
    strings: [node.target, node.nodedir ?? ''],
  });
}

async function build(node, directory, jobs) {
  mkdirSync(directory, { recursive: true });
  // A copy that keeps its times: make compiles again only what has changed.
  cpSync(sources, directory, { recursive: true, preserveTimestamps: true });
  await runNodeGyp(node, directory, { jobs });
}

/**
 * Builds every target of test/fixtures/addons/binding.gyp into
 * `.cache/fixtures/abi-<n>/build/Release`. Resolves with false when everything was up to date.
 */
export function buildFixtures(node, { jobs } = {}) {
  const directory = join(cacheDirectory, 'fixtures', `abi-${node.target}`);
  const stamp = join(directory, 'build/fixtures.stamp');
  return withLock(directory, async () => {
    const inputs = inputDigest(node);
    if (readStamp(stamp) === inputs) return false;
    await build(node, directory, jobs);
    writeStamp(stamp, inputs);
    return true;
  });
}
