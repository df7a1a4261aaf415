/** Prints one line of JSON: nanoseconds per step, for each step of bench/switch.mjs. */
import { async_, await_, sleep, spawn } from 'greenify';

const STEPS = 100_000;
const THREADS = 16;
const resolved = Promise.resolve();

const steps = {
  'spawn and finish': async () => {
    for (let i = 0; i < STEPS; i += 1) spawn(() => {});
  },
  [`yield, sleep(0), ${THREADS} green threads taking turns`]: () => {
    const yieldRepeatedly = async_(() => {
      for (let i = 0; i < STEPS / THREADS; i += 1) sleep(0);
    });
    return Promise.all(Array.from({ length: THREADS }, () => yieldRepeatedly()));
  },
  'await_ of a resolved promise': async_(() => {
    for (let i = 0; i < STEPS; i += 1) await_(resolved);
  }),
  'await of a resolved promise': async () => {
    for (let i = 0; i < STEPS; i += 1) await resolved;
  },
};

async function nanosecondsPerStep(run) {
  await run(); // Warms up: the compiler, the pool of stacks.
  const started = process.hrtime.bigint();
  await run();
  return Number(process.hrtime.bigint() - started) / STEPS;
}

const result = {};
for (const [name, run] of Object.entries(steps)) result[name] = await nanosecondsPerStep(run);
console.log(JSON.stringify(result));
