// One run of a fuzzer, and what libFuzzer says of it.
import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inputLimit } from './seeds.mjs';
import { crashDirectory, inputsOf } from './targets.mjs';

/** ms between two lines of progress. */
const progressEvery = 10_000;

/** A run that takes so long, or so much memory, of a small input is a fault as well. */
const limits = [
  `-max_len=${inputLimit}`,
  '-timeout=60',
  '-malloc_limit_mb=64',
  '-rss_limit_mb=1024',
  '-print_final_stats=1',
];

const environment = {
  ...process.env,
  // What was freed is kept for a while, to notice its use; a short while is quicker.
  ASAN_OPTIONS: 'quarantine_size_mb=8:detect_leaks=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

const progressLine = /^#(\d+)\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)/;
const finalCount = /^stat::number_of_executed_units:\s+(\d+)/;
const savedInput = /Test unit written to (\S+)/;

/** Takes what a fuzzer prints, line by line. */
function reader(target) {
  const seen = { executions: 0, edges: 0, features: 0, inputs: 0, saved: undefined, last: [] };
  const start = Date.now();
  let shown = start;
  const show = () => {
    if (Date.now() - shown < progressEvery) return;
    shown = Date.now();
    const rate = Math.round((1000 * seen.executions) / (shown - start));
    console.log(
      `${target}: ${seen.executions} executions, ${rate}/s, ${seen.edges} edges, ` +
        `${seen.features} features, ${seen.inputs} inputs`,
    );
  };
  const take = (line) => {
    seen.last = [...seen.last.slice(-60), line];
    seen.saved ??= savedInput.exec(line)?.[1];
    const [, executions, edges, features, inputs] = progressLine.exec(line)?.map(Number) ?? [];
    if (edges !== undefined) Object.assign(seen, { executions, edges, features, inputs });
    const count = finalCount.exec(line)?.[1];
    if (count !== undefined) seen.executions = Number(count);
    show();
  };
  return { seen, take };
}

/** Runs a fuzzer with arguments of libFuzzer's; resolves with what it came to. */
async function runFuzzer(directory, target, args) {
  mkdirSync(crashDirectory, { recursive: true });
  const log = createWriteStream(join(crashDirectory, '..', `${target}.log`));
  const artifacts = `-artifact_prefix=${join(crashDirectory, `${target}-`)}`;
  const start = performance.now();
  const child = spawn(join(directory, target), [...limits, artifacts, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
  });
  child.stderr.pipe(log);
  const { seen, take } = reader(target);
  createInterface({ input: child.stderr }).on('line', take);
  const failed = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code !== 0 || signal !== null));
  });
  return { ...seen, failed, seconds: (performance.now() - start) / 1000 };
}

/** So many executions of new inputs, after those that are known; fewer when the time is over. */
export function explore(directory, target, { executions, seconds, seed }) {
  const bounds = [`-runs=${executions}`, `-max_total_time=${seconds}`, `-seed=${seed}`];
  return runFuzzer(directory, target, [...bounds, ...inputsOf(target)]);
}

/** Of one input. */
export function replay(directory, target, input) {
  return runFuzzer(directory, target, [input]);
}
