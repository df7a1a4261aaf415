// What a build needs to know about a Node executable: version, ABI, headers.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './process.mjs';

const query = 'JSON.stringify({ version: process.version, abi: process.versions.modules })';

/** Whether `<prefix>/include/node` holds the headers of this ABI (process.versions.modules). */
export function hasHeaders(prefix, abi) {
  try {
    const header = readFileSync(join(prefix, 'include/node/node_version.h'), 'utf8');
    return /^#define NODE_MODULE_VERSION (\d+)/m.exec(header)?.[1] === abi;
  } catch {
    return false;
  }
}

/**
 * `nodedir` is undefined when no headers lie beside the executable; node-gyp then takes npm's
 * `nodedir` setting or fetches them.
 */
function describe(execPath, version, abi) {
  const prefix = dirname(dirname(execPath));
  return { execPath, version, abi, nodedir: hasHeaders(prefix, abi) ? prefix : undefined };
}

export function runningNode() {
  return describe(process.execPath, process.version, process.versions.modules);
}

export async function nodeAt(execPath) {
  const { version, abi } = JSON.parse(await run(execPath, ['-p', query]));
  return describe(execPath, version, abi);
}

/** The environment in which `node` on the PATH is this Node. */
export function environmentOf(node) {
  return { ...process.env, PATH: `${dirname(node.execPath)}:${process.env.PATH}` };
}
