// The fuzzers: building and running them.
import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withCompilerCache } from '../../scripts/lib/compiler-cache.mjs';
import { ensureDebianPackages } from '../../scripts/lib/debian.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';
import { runningNode } from '../../scripts/lib/node.mjs';
import { cacheDirectory, root } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/process.mjs';
import { ensureRuntime } from '../../scripts/lib/runtimes.mjs';
import { writeSeeds } from './seeds.mjs';

/** Each target, and the kind of seeds it starts from. */
export const targets = { file: 'elf', code: 'code', image: 'elf', journal: 'elf' };

export const fuzzDirectory = join(cacheDirectory, 'fuzz');
export const crashDirectory = join(fuzzDirectory, 'crashes');

/** What once was a fault: run first, every time. */
export const regressionsOf = (target) =>
  fileURLToPath(new URL(`regressions/${target}`, import.meta.url));

/** The fuzzers' own choices are kept and taken up again. */
const corpusOf = (target) => join(fuzzDirectory, 'corpus', target);

async function nodeHeaders() {
  const node = runningNode();
  const { nodedir } = node.nodedir ? node : await ensureRuntime('22');
  return join(nodedir, 'include/node');
}

/** Compiles them; `coverage` for those that count lines instead of looking for faults. */
export async function buildTargets({ coverage = false } = {}) {
  await ensureDebianPackages(coverage ? 'fuzz-coverage' : 'fuzz');
  const directory = join(fuzzDirectory, coverage ? 'coverage' : 'build');
  const args = [
    ...['-C', 'test/fuzz', `-j${availableParallelism()}`, `OUT=${directory}`],
    `NODE_HEADERS=${await nodeHeaders()}`,
    ...(coverage ? ['COVERAGE=1'] : []),
  ];
  const env = withCompilerCache(process.env);
  await withLock(directory, () => run('make', args, { cwd: root, env }));
  return directory;
}

export async function prepareSeeds() {
  const fixtures = join(fuzzDirectory, 'fixtures');
  await run('make', ['-C', 'test/fixtures/elf', `OUT=${fixtures}`, 'all'], { cwd: root });
  return writeSeeds(join(fuzzDirectory, 'seeds'), fixtures);
}

/** The directories of a target's inputs, of which the fuzzer writes to the first. */
export function inputsOf(target) {
  mkdirSync(corpusOf(target), { recursive: true });
  const others = [join(fuzzDirectory, 'seeds', targets[target]), regressionsOf(target)];
  return [corpusOf(target), ...others.filter((directory) => existsSync(directory))];
}
