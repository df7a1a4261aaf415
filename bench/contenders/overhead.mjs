/**
 * Prints one line of JSON: for each libc call of test/fixtures/addons/overhead nanoseconds
 * { plain, redirected }, outside a green thread, and the strategy of the call's row.
 *
 * One and the same code calls libc through slots of two copies of the addon, of which one is
 * redirected, in short turns. What is reported is the least of each: whatever comes on top is what
 * the machine did meanwhile.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { patchLib } from 'greenify';
import { fixturePath, requireFixture } from '../../test/support/fixtures.js';

const TURNS = 2000;
const TURN_NS = 20_000;
const FAMILIES = { socket: true, sleep: true, file: true, lock: true, process: true };

const require = createRequire(import.meta.url);

function loadCopy() {
  const directory = mkdtempSync(join(tmpdir(), 'greenify-bench-'));
  const copy = join(directory, 'plain.node');
  copyFileSync(fixturePath('overhead'), copy);
  try {
    return require(copy);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function measureCall(name, plain, redirected) {
  const iterations = Math.ceil(TURN_NS / plain.nanoseconds(name, 1000));
  const least = { plain: Infinity, redirected: Infinity };
  for (let turn = 0; turn < TURNS; turn += 1) {
    least.plain = Math.min(least.plain, plain.nanoseconds(name, iterations));
    least.redirected = Math.min(least.redirected, redirected.nanoseconds(name, iterations));
  }
  return least;
}

const report = patchLib(fixturePath('overhead'), FAMILIES);
const strategies = Object.fromEntries(report.functions.map((call) => [call.name, call.strategy]));
const redirected = requireFixture('overhead');
const plain = loadCopy();
const result = {};
for (const name of redirected.names) {
  result[name] = { strategy: strategies[name], ...measureCall(name, plain, redirected) };
}
console.log(JSON.stringify(result));
