#!/usr/bin/env node
/** Runs the benchmarks and prints what they measured. Figures are information: nothing fails here. */
import { parseArgs } from 'node:util';
import * as calls from './calls.mjs';
import * as gaps from './gaps.mjs';
import * as queries from './queries.mjs';
import * as servers from './servers.mjs';
import * as switching from './switch.mjs';

const benchmarks = { calls, gaps, queries, servers, switch: switching };

const list = Object.entries(benchmarks)
  .map(([name, { description }]) => `  ${name.padEnd(10)}${description}`)
  .join('\n');

const usage = `usage: npm run bench [-- [--json] [<name>...]]

${list}

  --json    one line of JSON for each benchmark, instead of tables`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const unknown = positionals.filter((name) => !Object.hasOwn(benchmarks, name));
if (options.help) {
  console.log(usage);
} else if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}\n\n${usage}`);
  process.exitCode = 2;
} else {
  const names = positionals.length > 0 ? positionals : Object.keys(benchmarks);
  for (const name of names) await runBenchmark(name);
}

async function runBenchmark(name) {
  const { measure, format } = benchmarks[name];
  const result = await measure();
  if (options.json) {
    console.log(JSON.stringify({ benchmark: name, node: process.version, ...result }));
  } else {
    console.log(`${name}: ${format(result)}\n`);
  }
}
