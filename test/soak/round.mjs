// One round of a soak: a process of its own with its V8 flags, watched until its end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../../scripts/lib/paths.mjs';
import { judge, toCsv } from './flatness.mjs';

const script = fileURLToPath(new URL('soaked.mjs', import.meta.url));
const progressEveryMs = 5_000;
/** Nothing may take so long, on whatever machine. */
const silenceLimitMs = 180_000;

export const soakDirectory = join(cacheDirectory, 'soak');

function describe({ second, steps, rss, descriptors, threads, green }, wrong) {
  return (
    `${second} s: ${steps} steps, ${rss} KB, ${descriptors} descriptors, ` +
    `${threads} threads, ${green} green threads, ${wrong.length} wrong`
  );
}

/** Takes the lines that the process prints. */
function recorder(name) {
  const seen = { samples: [], wrong: [], end: undefined };
  let shown = 0;
  const show = (sample) => {
    if (performance.now() - shown < progressEveryMs) return;
    shown = performance.now();
    console.log(`${name}: ${describe(sample, seen.wrong)}`);
  };
  const take = (line) => {
    const record = JSON.parse(line);
    if (record.wrong) {
      seen.wrong.push(record);
      console.log(`${name}: ${record.wrong}: ${record.message}`);
    } else if (record.sample) {
      seen.samples.push(record);
      show(record);
    } else seen.end = record; // how often each step came to what
  };
  return { seen, take };
}

/** Runs the process; it is ended when it says nothing any more. */
async function watch(node, flags, settings, take) {
  const args = [...flags, '--expose-gc', '--no-warnings', script, JSON.stringify(settings)];
  const child = spawn(node.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const silence = setTimeout(() => {
    console.error(`nothing was heard of process ${child.pid} for ${silenceLimitMs / 1000} s`);
    child.kill('SIGABRT');
  }, silenceLimitMs);
  createInterface({ input: child.stdout }).on('line', (line) => {
    silence.refresh();
    take(line);
  });
  const [code, signal] = await once(child, 'close');
  clearTimeout(silence);
  return { code, signal };
}

/** A step whose errors are all excused checks nothing. */
function neverRight({ counts }) {
  return counts
    .filter(({ right, vanished, cancelled }) => right === 0 && vanished + cancelled > 5)
    .map(({ name }) => `${name} never came right`);
}

/** What is wrong with a round, as lines. */
function faultsOf({ samples, wrong, end }, { code, signal }) {
  const faults = wrong.slice(0, 10).map(({ wrong: step, message }) => `${step}: ${message}`);
  if (code !== 0) faults.push(`the process has ended with ${signal ?? `code ${code}`}`);
  if (end === undefined) return faults;
  const judged = judge(samples.filter(({ sample }) => sample === 'rest'));
  for (const { isFlat, text } of judged) {
    console.log(`  ${text}`);
    if (!isFlat) faults.push(`not flat: ${text}`);
  }
  return [...faults, ...neverRight(end)];
}

function printCounts({ counts, started, pins }) {
  const total = (key) => counts.reduce((sum, step) => sum + step[key], 0);
  console.log(
    `  ${started} green threads, ${total('right')} steps right, ${total('vanished')} whose peer ` +
      `vanished, ${total('cancelled')} cancelled, ${total('wrong')} wrong; ${pins} calls really blocked`,
  );
  console.log(`  right: ${counts.map(({ name, right }) => `${name} ${right}`).join(', ')}`);
}

/** Resolves with the faults of a round of `seconds`; its course is written to .cache/soak. */
export async function runRound(node, { name, flags, seconds, seed, settings }) {
  const directory = mkdtempSync(join(tmpdir(), 'greenify-soak-'));
  const { seen, take } = recorder(name);
  // About thirty rests.
  const workSeconds = Math.min(20, Math.max(1, seconds / 30));
  const all = { threads: 48, ...settings, seconds, workSeconds, seed, directory };
  try {
    const ended = await watch(node, flags, all, take);
    mkdirSync(soakDirectory, { recursive: true });
    const csv = join(soakDirectory, `${name}.csv`);
    writeFileSync(csv, toCsv(seen.samples));
    console.log(`${name}: ${seen.samples.length} samples in ${csv}`);
    if (seen.end !== undefined) printCounts(seen.end);
    return faultsOf(seen, ended);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
