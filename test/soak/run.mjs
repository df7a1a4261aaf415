// The soak from the command line: npm run soak -- --minutes 30
import { parseArgs } from 'node:util';
import { Failure, main } from '../../scripts/lib/process.mjs';
import { testedMajors } from '../../scripts/lib/runtimes.mjs';
import { prepareProject, prepareTested } from '../../scripts/lib/setup.mjs';
import { runRound } from './round.mjs';
import { startServices } from './services.mjs';

const usage = `Usage: node test/soak/run.mjs [--minutes <n>] [--seed <n>] [--node <major>] [--step <name>]…

Green threads take random steps for as long as told: waits in real packages and in Node, with servers
that vanish in the middle of a call, threads that are cancelled, and collections at random. Each result
is checked. Now and then all threads end: memory, open descriptors, threads and mappings must then be what
they were. Two thirds of the time are one process's; the rest is shared by others with V8's stress flags.

  --minutes <n>   in all (default 30); under three there is but one process
  --seed <n>      of the random choices (default: from the clock); what comes of them depends on time
  --node <major>  ${testedMajors.join(', ')} (default 22)
  --step <name>   only this one, or these: the names are shown at the end (default: all)

The course is written to .cache/soak, as comma-separated values.
`;

const stressed = [
  ['compaction', ['--stress-compaction']],
  ['scavenges', ['--stress-scavenge=20', '--max-semi-space-size=1']],
  ['baseline code', ['--always-sparkplug']],
];

function roundsOf(minutes) {
  const seconds = 60 * minutes;
  if (minutes < 3) return [{ name: 'plain', flags: [], seconds }];
  return [
    { name: 'plain', flags: [], seconds: (2 * seconds) / 3 },
    ...stressed.map(([name, flags]) => ({ name, flags, seconds: seconds / 3 / stressed.length })),
  ];
}

async function soak({ minutes, seed, major, steps }) {
  const node = await prepareTested(major, 'stress');
  const services = await startServices();
  const settings = { ...services.settings, steps };
  const faults = [];
  const stopVanishing = services.vanishing();
  try {
    console.log(`Node ${node.version}, seed ${seed}, ${minutes} minutes`);
    for (const { name, ...round } of roundsOf(minutes)) {
      const all = { ...round, name: `node-${major}-${name.replace(' ', '-')}`, seed, settings };
      const found = await runRound(node, all);
      faults.push(...found.map((fault) => `${name}: ${fault}`));
    }
  } finally {
    await stopVanishing();
    await services.stop();
  }
  return faults;
}

await main(async () => {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '30' },
      seed: { type: 'string', default: `${Date.now() % 1_000_000_000}` },
      node: { type: 'string', default: '22' },
      step: { type: 'string', multiple: true },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(usage);
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new Failure(`--minutes ${values.minutes}\n${usage}`);
  await prepareProject('stress');
  const { seed, node: major, step: steps } = values;
  const faults = await soak({ minutes, seed, major, steps });
  for (const fault of faults) console.error(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  else console.log('no fault');
});
