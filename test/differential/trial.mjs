// Runs programs twice, on kernel threads with libc's functions and in green threads with the green
// ones, and compares what came of it.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patchLib, spawn } from 'greenify';
import { errnoName } from './families.mjs';
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

const BATCH = 8;
const LOOKS = 12; // at a program whose two runs differ: timing may be to blame
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

/** How long an operation took: not at all, for a while, or as long as what times out. */
function pace(us) {
  if (us < 1000) return 'none';
  return us < 1900 ? 'short' : 'long';
}

/** How long these take is another actor's business. */
const unpaced = new Set([
  'pass',
  'await',
  'spawn',
  'fork',
  'waitpid',
  'wait4',
  'wait_group',
  'waitid',
]);

function isSame(name, plain, green) {
  const times = [plain, green].map((outcome) => outcome[FIELDS - 1]);
  const same = plain.every((value, field) => field === FIELDS - 1 || value === green[field]);
  const paces = times.map(pace);
  return same && (unpaced.has(name) || !(paces.includes('none') && paces.includes('long')));
}

const outcomeOf = (trace, i) => trace.slice(i * FIELDS, (i + 1) * FIELDS);

/** The places of operations whose outcomes differ, by actor. */
function differences(program, plain, green) {
  return program.actors.map((actor, index) =>
    Array.from(actor.keys()).filter(
      (i) => !isSame(actor[i][0], outcomeOf(plain[index], i), outcomeOf(green[index], i)),
    ),
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

/** Looks again at a program whose runs differed. Undefined when they agree after all. */
async function lookAgain(program) {
  let plain;
  let green;
  for (let look = 1; ; look += 1) {
    plain = withShortestTimes((await outcomes([program], plainly))[0], plain);
    green = withShortestTimes((await outcomes([program], greenly))[0], green);
    if (!differ(program, plain, green)) return undefined;
    if (look === LOOKS) return describe(program, plain, green);
  }
}

/**
 * Runs programs of a family from a seed on until they have so many operations.
 * @returns how many operations and programs, how many of those needed a second look, and the seed
 *   and description of the first that disagrees
 */
export async function tryFamily(family, { seed, operations }) {
  const report = { operations: 0, programs: 0, secondLooks: 0 };
  while (report.operations < operations) {
    const seeds = Array.from({ length: BATCH }, (_, i) => seed + report.programs + i);
    const programs = seeds.map((each) => new Program(family, each));
    const plain = await outcomes(programs, plainly);
    const green = await outcomes(programs, greenly);
    for (const [i, program] of programs.entries()) {
      report.operations += program.operations;
      if (!differ(program, plain[i], green[i])) continue;
      report.secondLooks += 1;
      const description = await lookAgain(program);
      if (description) return { ...report, disagreement: { seed: seeds[i], description } };
    }
    report.programs += programs.length;
  }
  return report;
}
