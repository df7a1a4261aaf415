// The fuzzers from the command line: npm run fuzz -- --executions 10000000
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../../scripts/lib/paths.mjs';
import { Failure, main } from '../../scripts/lib/process.mjs';
import { printCoverage } from './coverage.mjs';
import { explore, replay } from './fuzzer.mjs';
import { buildTargets, prepareSeeds, regressionsOf, targets } from './targets.mjs';

const usage = `Usage: node test/fuzz/run.mjs [--target <name>]… [--executions <n>] [--seconds <n>]

Coverage-guided fuzzing of what reads ELF files, by clang's libFuzzer with the sanitizers of addresses,
leaks and undefined behaviour. It starts from real libraries and from what earlier runs have kept in
.cache/fuzz.

  --target <name>   file     an ELF file, as doctor and the resolver read it
                    code     machine code: the lengths of instructions, system calls
                    image    an object that is mapped: its imports and slots
                    journal  the same: redirecting them, and putting them back
                    (default: all, one after the other)
  --executions <n>  of each target (default 1000000)
  --seconds <n>     of each target at most (default: no limit)
  --seed <n>        of the random choices (default: from the clock)
  --replay <file>   one execution of this input; needs one --target
  --coverage        instead, say which lines the inputs found so far do not reach
`;

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true, default: Object.keys(targets) },
    executions: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '0' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000_000}` },
    replay: { type: 'string' },
    coverage: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function describeFault(target, { saved, last }) {
  const input = saved && relative(root, saved);
  const advice = input
    ? `Repeat it:  npm run fuzz -- --target ${target} --replay ${input}
When it is mended, keep the input: cp ${input} ${relative(root, regressionsOf(target))}/<what it is>
`
    : '';
  return `${last.join('\n')}\n${target}: a fault, see above.\n${advice}`;
}

const wasInterrupted = ({ last }) => last.some((line) => line.includes('run interrupted'));

function endOf(result) {
  if (!result.failed) return 'no fault';
  return wasInterrupted(result) ? 'interrupted before the end' : 'a fault';
}

function report(target, result) {
  console.log(
    `${target}: ${result.executions} executions in ${result.seconds.toFixed(1)} s, ` +
      `${result.edges} edges, ${result.features} features, ${result.inputs} inputs kept, ` +
      endOf(result),
  );
  if (!result.failed) return;
  process.exitCode = 1;
  if (!wasInterrupted(result)) console.error(describeFault(target, result));
}

async function exploreAll(directory, names) {
  const { elf, code } = await prepareSeeds();
  console.log(`seed ${values.seed}; seeds: ${elf} libraries, ${code} pieces of code`);
  for (const target of names) report(target, await explore(directory, target, values));
}

async function replayOne(directory, names) {
  if (names.length !== 1) throw new Failure('--replay needs one --target');
  const result = await replay(directory, names[0], values.replay);
  if (!result.failed) return console.log(`${names[0]}: no fault`);
  process.exitCode = 1;
  console.error(describeFault(names[0], result));
}

await main(async () => {
  if (values.help) return console.log(usage);
  const unknown = values.target.find((name) => !(name in targets));
  if (unknown !== undefined) throw new Failure(`--target ${unknown}\n${usage}`);
  const directory = await buildTargets(values);
  if (values.coverage) return printCoverage(directory, values.target);
  if (values.replay) return replayOne(directory, values.target);
  return exploreAll(directory, values.target);
});
