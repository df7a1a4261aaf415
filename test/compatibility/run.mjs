// Runs one suite on one Node, plain and with greenify, and counts.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startPostgres } from '../support/postgres.mjs';
import { environmentOf } from '../../scripts/lib/node.mjs';
import { root } from '../../scripts/lib/paths.mjs';
import { logFile, packageDirectory, placePackages, versionOf } from './checkout.mjs';
import { labelOf } from './suites.mjs';

/** `--import greenify/register`, found from wherever a test starts a process. */
const register = `--import=${pathToFileURL(join(root, 'dist/register.js')).href}`;

const modes = [
  { key: 'plain', says: 'plain', options: '', green: false },
  { key: 'registered', says: 'with --import greenify/register', options: register, green: false },
  { key: 'green', says: 'in green threads', options: register, green: true },
];

const noServer = { env: {}, stop: async () => {} };

/** The private servers that tests connect to, and the variables by which they find them. */
const servers = {
  none: async () => noServer,
  postgres: async () => {
    const { host, port, user, database, stop } = await startPostgres();
    const env = { PGHOST: host, PGPORT: String(port), PGUSER: user, PGDATABASE: database };
    return { env, stop };
  },
};

function countOf({ results, crashes }) {
  const count = (state) => results.filter((result) => result.state === state).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('skipped'), crashes };
}

function describeCounts({ passed, failed, skipped, crashes }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped, ${crashes} crashed runs`;
}

async function runMode(suite, node, { key, says, options, green }) {
  const server = await servers[suite.server ?? 'none']();
  const log = logFile(suite, node, key);
  rmSync(log, { force: true });
  const started = Date.now();
  try {
    const env = { ...environmentOf(node), ...server.env, NODE_OPTIONS: options };
    const directory = packageDirectory(suite);
    const outcome = await suite.runner.run({ node, directory, env, log, green });
    const seconds = ((Date.now() - started) / 1000).toFixed(0);
    const counts = describeCounts(countOf(outcome));
    console.log(`${labelOf(suite)}, Node ${node.version}, ${says}: ${counts} (${seconds} s)`);
    return outcome;
  } finally {
    await server.stop();
  }
}

const passedNames = (results) =>
  results.filter(({ state }) => state === 'passed').map(({ name }) => name);

const majorOf = ({ version }) => version.slice(1).split('.')[0];

/** Why a test is known not to pass in this mode. */
function knownReason(suite, node, mode, name) {
  const known = (suite.cannot ?? []).find(
    (test) =>
      test.name === name && test.majors.includes(majorOf(node)) && (test.mode ?? mode) === mode,
  );
  return known?.why;
}

/** Tests that pass plain and do not here, with the reason; two of one name count as two. */
function lostTests(plain, results) {
  const left = passedNames(results);
  const lost = passedNames(plain).filter((name) => {
    const index = left.indexOf(name);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  const failures = results.filter(({ state }) => state === 'failed');
  return lost.map((name) => ({
    name,
    reason: failures.find((failure) => failure.name === name)?.reason ?? 'was not run',
  }));
}

/** `outcomes` by mode. */
function summarize(suite, node, outcomes) {
  const { results: plain } = outcomes.plain;
  const summary = { counts: {}, lost: {} };
  for (const [mode, outcome] of Object.entries(outcomes)) {
    summary.counts[mode] = countOf(outcome);
    if (mode === 'plain') continue;
    summary.lost[mode] = lostTests(plain, outcome.results).map((test) => ({
      ...test,
      why: knownReason(suite, node, mode, test.name),
    }));
  }
  const plainFailures = plain
    .filter(({ state }) => state === 'failed')
    .map(({ name, reason }) => ({ name, reason }));
  return { ...summary, plainFailures };
}

/** Runs a suite on one Node in every mode; its checkout must be there. */
export async function runSuite(suite, ref, node) {
  await placePackages(suite, node);
  const outcomes = {};
  for (const mode of modes) {
    if (mode.green && !suite.runner.canBeGreen) continue;
    outcomes[mode.key] = await runMode(suite, node, mode);
  }
  const { name } = suite;
  return {
    label: labelOf(suite),
    name,
    version: versionOf(suite),
    ref,
    node: node.version,
    ...summarize(suite, node, outcomes),
  };
}
