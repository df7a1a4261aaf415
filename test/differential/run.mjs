// The differential test from the command line: npm run test:differential -- --seed 7 --operations 100000
import { parseArgs } from 'node:util';
import { families } from './families.mjs';
import { giveUpAfter, tryFamily } from './trial.mjs';

const usage = `Usage: node test/differential/run.mjs [--seed <n>] [--operations <n>] [--family <name>]…

Random programs of libc calls, run on kernel threads and in green threads: both must come to the same.

  --seed <n>        of the first program (default: from the clock); the next one's is one more
  --operations <n>  in each family (default 100000)
  --patience <s>    when no operation ends for so long, say where the programs are (default 30; 0:
                    go on for ever, for a debugger)
  --family <name>   ${Object.keys(families).join(', ')} (default: all)
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: `${Date.now() % 1_000_000_000}` },
    operations: { type: 'string', default: '100000' },
    patience: { type: 'string', default: '30' },
    family: { type: 'string', multiple: true, default: Object.keys(families) },
    help: { type: 'boolean', default: false },
  },
});

async function tryAll() {
  if (values.patience !== '0') giveUpAfter(Number(values.patience));
  const options = { seed: Number(values.seed), operations: Number(values.operations) };
  for (const family of values.family) {
    const start = performance.now();
    const { disagreements, ...report } = await tryFamily(family, options);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(
      `${family}: seed ${options.seed}, ${report.operations} operations in ${report.programs} ` +
        `programs, ${report.secondLooks} looked at again, ${seconds} s`,
    );
    for (const { seed, description } of disagreements) {
      console.log(`disagreement; repeat it with --family ${family} --operations 1 --seed ${seed}`);
      console.log(description);
      process.exitCode = 1;
    }
  }
}

if (values.help) console.log(usage);
else await tryAll();
