import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { locatePackage } from './locate';
import { manifestOf } from './manifest';

/** Code that asks for one of Node's modules with functions that wait, by whatever name it calls `require`. */
const waiting = /['"`](?:node:)?(?:child_process|crypto|fs|zlib)['"`]|\bAtomics\b/;

/** What `read` gives; `otherwise` where it must not: Node cannot load anything from there either. */
function ifReadable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The scripts of a package, without those of the packages below it. */
function* scriptsIn(directory: string): Generator<string> {
  const entries = ifReadable(() => readdirSync(directory, { withFileTypes: true }), []);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* scriptsIn(path);
    else if (entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name)) yield path;
  }
}

function hasWaitingScript(directory: string): boolean {
  for (const path of scriptsIn(directory)) {
    if (waiting.test(ifReadable(() => readFileSync(path, 'utf8'), ''))) return true;
  }
  return false;
}

/** By directory, each asked for once: a package does not change while it is in use. */
function remembered<T>(find: (directory: string) => T): (directory: string) => T {
  const known = new Map<string, T>();
  return (directory) => {
    if (!known.has(directory)) known.set(directory, find(directory));
    return known.get(directory) as T;
  };
}

const dependenciesOf = remembered((directory) =>
  (manifestOf(directory)?.dependencies ?? [])
    .map((name) => locatePackage(name, [directory]))
    .flatMap((located) => ('directory' in located ? [located.directory] : [])),
);

/**
 * The directories of a package and of all that it depends on, without what it expects of others to install (peer
 * dependencies). Nothing is executed.
 */
export const packageTree = remembered((directory): ReadonlySet<string> => {
  // A set that is added to while it is looked through: every package of it gets its turn.
  const tree = new Set([directory]);
  for (const member of tree) for (const found of dependenciesOf(member)) tree.add(found);
  return tree;
});

const waitsItself = remembered(hasWaitingScript);

/** Whether a package, or one that it depends on, asks for Node's blocking modules or for `Atomics`. */
export const waits = remembered((directory) => [...packageTree(directory)].some(waitsItself));
