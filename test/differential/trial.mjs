// Runs programs twice, on kernel threads with libc's functions and in green threads with the green
// ones, and compares what came of it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patchLib, spawn } from 'greenify';
import { errnoName, families } from './families.mjs';
import { Program } from './program.mjs';

const require = createRequire(import.meta.url);
const { fixturePath, requireFixture } = require('../support/fixtures.js');

patchLib(fixturePath('programs'), {
  socket: true,
  sleep: true,
  file: true,
  lock: true,
  process: true,
});
const interpreter = requireFixture('programs');

const BATCH = 16;
// At a program whose two runs differ: timing may be to blame. The later ones are at it alone.
const LOOKS = 16;
const FIELDS = 4;

const base = mkdtempSync(join(tmpdir(), 'greenify-differential-'));
process.on('exit', () => rmSync(base, { recursive: true }));
let directories = 0;

function newDirectory() {
  const directory = join(base, `${(directories += 1)}`);
  mkdirSync(directory);
  return directory;
}

/** Everything on kernel threads. */
const plainly = {
  name: 'plain',
  run: (instances) => interpreter.runInThreads(instances),
};

/** Everything in green threads. */
const greenly = {
  name: 'green',
  run: async (instances, programs) => {
    const threads = instances.flatMap((instance, i) =>
      programs[i].actors.map((_, actor) => spawn(() => interpreter.run(instance, actor))),
    );
    await Promise.all(threads);
  },
};

/** When no operation ends for so long, the process ends and says where each program is. */
export function giveUpAfter(seconds) {
  interpreter.watch(seconds);
}

/** For each program, for each actor, what its operations came to. */
async function outcomes(programs, way) {
  const created = programs.map((program) => {
    const directory = newDirectory();
    const label = `--family ${program.family} --seed ${program.seed}, ${way.name}`;
    const code = program.encode(interpreter.operations);
    return { directory, instance: interpreter.create(directory, label, code) };
  });
  await way.run(
    created.map(({ instance }) => instance),
    programs,
  );
  return created.map(({ directory, instance }) => {
    const ended = interpreter.end(instance);
    rmSync(directory, { recursive: true });
    return ended;
  });
}

/** How long an operation took: not at all, for a while, or as long as what surely waits. */
function pace(us, longMs) {
  if (us < 1000) return 'none';
  return us < longMs * 1000 ? 'short' : 'long';
}

/** How long these take is another actor's or the kernel's business. */
const unpaced = new Set([
  ...['pass', 'await', 'once', 'touch', 'fsync', 'fdatasync', 'sync_file_range'],
]);

function isSame(longMs, plain, green) {
  const same = plain.every((value, field) => field === FIELDS - 1 || value === green[field]);
  const paces = [plain, green].map((outcome) => pace(outcome[FIELDS - 1], longMs));
  return same && !(paces.includes('none') && paces.includes('long'));
}

const outcomeOf = (trace, i) => trace.slice(i * FIELDS, (i + 1) * FIELDS);

/** The places of operations whose outcomes differ, by actor. */
function differences(program, plain, green) {
  const { longMs } = families[program.family];
  return program.actors.map((actor, index) =>
    Array.from(actor.keys()).filter((i) => {
      const both = [plain, green].map((trace) => outcomeOf(trace[index], i));
      return !isSame(unpaced.has(actor[i][0]) ? Infinity : longMs, ...both);
    }),
  );
}

const differ = (program, plain, green) =>
  differences(program, plain, green).some(({ length }) => length > 0);

function describeOutcome(trace, i) {
  const [result, error, digest, us] = outcomeOf(trace, i);
  const name = error === 0 ? '-' : errnoName(error);
  return `${result} ${name} ${digest.toString(16)} ${Math.round(us)}µs`;
}

/** The program with both traces; a star marks what differs. */
function describe(program, plain, green) {
  const different = differences(program, plain, green);
  return program.actors
    .flatMap((actor, index) => [
      `actor ${index}: operation | plain: result, errno, digest, time | green`,
      ...actor.map(([name, ...operands], i) => {
        const mark = different[index].includes(i) ? '*' : ' ';
        const both = [plain, green].map((trace) => describeOutcome(trace[index], i));
        return `${mark} ${name}(${operands.join(', ')}) | ${both.join(' | ')}`;
      }),
    ])
    .join('\n');
}

/** A trace with the shortest time of each operation so far: what others run makes it only longer. */
function withShortestTimes(trace, before) {
  return trace.map((actor, index) =>
    actor.map((value, i) =>
      before && i % FIELDS === FIELDS - 1 ? Math.min(value, before[index][i]) : value,
    ),
  );
}

/** What one look at each of these programs adds to what is known of them. */
async function look(cases) {
  const programs = cases.map(({ program }) => program);
  const plain = await outcomes(programs, plainly);
  const green = await outcomes(programs, greenly);
  return cases.map((before, i) => ({
    program: before.program,
    plain: withShortestTimes(plain[i], before.plain),
    green: withShortestTimes(green[i], before.green),
  }));
}

/** Looks at programs, so many at a time, and gives those whose two runs differ. */
async function lookAt(cases, batch) {
  const different = [];
  for (let i = 0; i < cases.length; i += batch) {
    const seen = await look(cases.slice(i, i + batch));
    different.push(...seen.filter(({ program, plain, green }) => differ(program, plain, green)));
  }
  return different;
}

/** Programs of a family from a seed on that have so many operations in all. */
function programsOf(family, { seed, operations }) {
  const programs = [];
  for (let sum = 0; sum < operations; sum += programs.at(-1).operations) {
    programs.push(new Program(family, seed + programs.length));
  }
  return programs;
}

/**
 * Runs programs of a family from a seed on until they have so many operations.
 * @returns how many operations and programs, how many of those needed a second look, and the seeds
 *   and descriptions of those that disagree
 */
export async function tryFamily(family, options) {
  const programs = programsOf(family, options);
  const batch = families[family].alone ? 1 : BATCH;
  let different = await lookAt(
    programs.map((program) => ({ program })),
    batch,
  );
  const secondLooks = different.length;
  for (let looks = 1; looks < LOOKS && different.length > 0; looks += 1) {
    different = await lookAt(different, looks < LOOKS / 2 ? batch : 1);
  }
  return {
    operations: programs.reduce((sum, program) => sum + program.operations, 0),
    programs: programs.length,
    secondLooks,
    disagreements: different.map(({ program, plain, green }) => ({
      seed: program.seed,
      description: describe(program, plain, green),
    })),
  };
}
