// The process that a soak watches: green threads that take random steps, some of which are cancelled, with a rest now
// and then at which everything must be as it was. Prints lines of JSON: samples, wrong results, and at the end how
// often each step came to what.
//
// usage: soaked.mjs <settings, as JSON>
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { current, monkeyPatch, spawn } from 'greenify';
import { requirePackage } from '../support/packages.mjs';
import { Vanished } from './outcome.mjs';
import { databaseSteps } from './steps/databases.mjs';
import { nodeSteps } from './steps/node.mjs';
import { socketSteps } from './steps/sockets.mjs';

const require = createRequire(import.meta.url);
const { native } = require('../../dist/native.js');
const { generator } = require('../fixtures/scripts/stress/random.js');

const settings = JSON.parse(process.argv[2]);
const { seed, seconds, workSeconds, threads: crowd } = settings;
const sampleEveryMs = 1000;
/** Offload threads end when they have been idle for two seconds. */
const restLimitMs = 15_000;

monkeyPatch();

/** The versions of packages that are made for this Node. */
function packages() {
  const major = Number(process.versions.node.split('.')[0]);
  return {
    koffi: requirePackage(major <= 22 ? 'koffi-2' : 'koffi'),
    nodeLibcurl: requirePackage(major === 20 ? 'node-libcurl-4' : 'node-libcurl'),
    betterSqlite3: requirePackage(major === 20 ? 'better-sqlite3' : 'better-sqlite3-13'),
    ffiRs: requirePackage('ffi-rs'),
    fsExt: requirePackage('fs-ext'),
    libsql: requirePackage('libsql'),
    lmdb: requirePackage('lmdb'),
    pgNative: requirePackage('pg-native'),
    sleepPackage: requirePackage('sleep'),
  };
}

const print = (record) => process.stdout.write(`${JSON.stringify(record)}\n`);

function choices(seed) {
  const random = generator(seed);
  const below = (limit) => Math.floor(random() * limit);
  return { below, pick: (list) => list[below(list.length)] };
}

mkdirSync(settings.directory, { recursive: true });
const context = { ...settings, ...packages() };
const steps = Object.entries({ ...socketSteps, ...databaseSteps, ...nodeSteps })
  .filter(([name]) => settings.steps === undefined || settings.steps.includes(name))
  .map(([name, make]) => ({
    run: make(context),
    counts: { name, right: 0, vanished: 0, cancelled: 0, wrong: 0 },
  }));

let isResting = false;
let isOver = false;
let started = 0;
const alive = new Set();
const cancelled = new Set();

function outcomeOf(step, random) {
  try {
    step.run(random);
    return 'right';
  } catch (error) {
    if (cancelled.has(current())) return 'cancelled';
    if (error instanceof Vanished) return 'vanished';
    print({ wrong: step.counts.name, seed, message: String(error.stack ?? error) });
    return 'wrong';
  }
}

/** The life of a green thread: a few steps. One that was cancelled has had what is strange. */
function live(random) {
  for (let left = 1 + random.below(20); left > 0 && !isResting; left -= 1) {
    const step = random.pick(steps);
    step.counts[outcomeOf(step, random)] += 1;
    if (cancelled.has(current())) return;
  }
}

function startOne() {
  started += 1;
  const thread = spawn(live, choices(`${seed} ${started}`));
  if (thread.state !== 'waiting') return;
  alive.add(thread);
  const forget = () => {
    alive.delete(thread);
    cancelled.delete(thread);
  };
  void thread.then(forget, (error) => {
    forget();
    throw error;
  });
}

function cancelOne({ pick }) {
  const thread = pick([...alive]);
  if (thread === undefined || cancelled.has(thread)) return;
  cancelled.add(thread);
  thread.cancel();
}

/** What there is of the process at the moment. */
function sample(kind) {
  const { live: green, offloadThreads } = native.counters();
  print({
    sample: kind,
    second: Math.round(performance.now() / 1000),
    steps: steps.reduce((sum, { counts }) => sum + counts.right, 0),
    rss: Math.round(process.memoryUsage.rss() / 1024),
    heap: Math.round(process.memoryUsage().heapUsed / 1024),
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
    offload: offloadThreads,
    green,
    mappings: readFileSync('/proc/self/maps', 'latin1').split('\n').length,
  });
}

async function work(random) {
  isResting = false;
  const end = performance.now() + workSeconds * 1000;
  while (performance.now() < end) {
    // The crowd is large at times, and small at times.
    const wanted = 1 + random.below(2 * crowd);
    while (alive.size < wanted && performance.now() < end) startOne();
    if (random.below(2) === 0) cancelOne(random);
    await delay(random.below(50));
  }
}

async function rest() {
  isResting = true;
  const deadline = performance.now() + restLimitMs;
  const isQuiet = () => alive.size === 0 && native.counters().offloadThreads === 0;
  while (!isQuiet() && performance.now() < deadline) await delay(20);
  for (let round = 0; round < 3; round += 1) {
    globalThis.gc();
    await delay(10);
  }
  sample('rest');
}

async function soak() {
  const random = choices(`${seed}`);
  const sampler = setInterval(() => sample('work'), sampleEveryMs);
  while (performance.now() < seconds * 1000) {
    await work(random);
    await rest();
  }
  clearInterval(sampler);
  isOver = true;
  print({ counts: steps.map(({ counts }) => counts), pins: native.counters().pins, started });
}

process.on('exit', (code) => {
  if (!isOver && code === 0) print({ wrong: 'soak', message: 'the process has ended early' });
});
await soak();
process.exit();
