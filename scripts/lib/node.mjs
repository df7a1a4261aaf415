// What a build needs to know about a Node executable: version, ABI, processor, headers.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './process.mjs';

const query =
  'JSON.stringify({ version: process.version, abi: process.versions.modules, arch: process.arch })';

/** Whether `<prefix>/include/node` holds the headers of this ABI (process.versions.modules). */
export function hasHeaders(prefix, abi) {
  try {
    const header = readFileSync(join(prefix, 'include/node/node_version.h'), 'utf8');
    return /^#define NODE_MODULE_VERSION (\d+)/m.exec(header)?.[1] === abi;
  } catch {
    return false;
  }
}

/** What directories are named after; src/native.ts looks for the addon there. */
function targetOf(abi, arch) {
  return arch === 'x64' ? abi : `${abi}-${arch}`;
}

/**
 * `nodedir` is undefined when no headers lie beside the executable; node-gyp then takes npm's
 * `nodedir` setting or fetches them.
 */
function describe(execPath, { version, abi, arch }, prefix = dirname(dirname(execPath))) {
  const nodedir = hasHeaders(prefix, abi) ? prefix : undefined;
  return { execPath, version, abi, arch, target: targetOf(abi, arch), nodedir };
}

export function runningNode() {
  const { execPath, version, versions, arch } = process;
  return describe(execPath, { version, abi: versions.modules, arch });
}

/** `prefix` is where Node is installed, if that is not to be told from where the executable lies. */
export async function nodeAt(execPath, prefix) {
  return describe(execPath, JSON.parse(await run(execPath, ['-p', query])), prefix);
}

/** The environment in which `node` on the PATH is this Node. */
export function environmentOf(node) {
  return { ...process.env, PATH: `${dirname(node.execPath)}:${process.env.PATH}` };
}
