/**
 * Prints one line of JSON: for some of Node's own synchronous calls nanoseconds { plain, redirected }, outside a
 * green thread, before and after the slots of the node executable are redirected, and { green } in one. What is
 * reported is the least of many short turns.
 */
import fs from 'node:fs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monkeyPatch, spawn } from 'greenify';

const TURNS = 1000;
const CALLS = 50;

const directory = mkdtempSync(join(tmpdir(), 'greenify-bench-'));
const file = join(directory, 'file');
writeFileSync(file, 'x'.repeat(1000));
const fd = fs.openSync(file, 'r');
const sink = fs.openSync('/dev/null', 'w');
const bytes = Buffer.alloc(100);

const calls = {
  'readSync, page cache': () => fs.readSync(fd, bytes, 0, 100, 0),
  'writeSync, /dev/null': () => fs.writeSync(sink, bytes),
  fstatSync: () => fs.fstatSync(fd),
  statSync: () => fs.statSync(file),
  'readFileSync, 1,000 bytes': () => fs.readFileSync(file),
};

function least(call) {
  let found = Infinity;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i += 1) call();
    found = Math.min(found, Number(process.hrtime.bigint() - start) / CALLS);
  }
  return found;
}

const measure = () => Object.entries(calls).map(([name, call]) => [name, least(call)]);

measure(); // warms up
const plain = measure();
monkeyPatch();
measure(); // what was optimised before is thrown away by it
const redirected = Object.fromEntries(measure());
const green = Object.fromEntries(await spawn(measure));
rmSync(directory, { recursive: true });
console.log(
  JSON.stringify(
    Object.fromEntries(
      plain.map(([name, time]) => [
        name,
        { plain: time, redirected: redirected[name], green: green[name] },
      ]),
    ),
  ),
);
