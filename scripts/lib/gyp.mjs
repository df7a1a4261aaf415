// Builds native addons from source for a given Node.
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { withCompilerCache } from './compiler-cache.mjs';
import { environmentOf } from './node.mjs';
import { run } from './process.mjs';

const { resolve } = createRequire(import.meta.url);

/** The Node that builds for this one; that is the same unless that one is emulated. */
const builderOf = (node) => node.host ?? node;

/** node-gyp lets npm's settings in the environment win over its own options. */
function gypEnvironment(node) {
  const env = { ...withCompilerCache(environmentOf(builderOf(node))), ...node.tools };
  return node.nodedir ? { ...env, npm_config_nodedir: node.nodedir } : env;
}

/** Runs node-gyp's `configure` and `build` in a directory that holds a binding.gyp. */
export function runNodeGyp(node, directory, { jobs = availableParallelism(), flags = [] } = {}) {
  const args = [
    resolve('node-gyp/bin/node-gyp.js'),
    'configure',
    'build',
    '--release',
    '--loglevel=error',
    `--jobs=${jobs}`,
    `--arch=${node.arch}`,
    // Official binaries of Node 26 are made with clang; config.gypi passes its settings on.
    '--clang=0',
    ...flags,
  ];
  return run(builderOf(node).execPath, args, { cwd: directory, env: gypEnvironment(node) });
}
