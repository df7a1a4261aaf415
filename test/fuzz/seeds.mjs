// What the fuzzers start from: libraries of this machine, of the packages that tests run on, and those
// of test/fixtures/elf, all cut down.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory } from '../../scripts/lib/paths.mjs';
import { pickCode, trim } from './trim.mjs';

/** Changes of larger files hit too little that matters. */
export const inputLimit = 8 * 1024;

/** Larger ones stay too large, or consist of code. */
const libraryLimit = 64 * 1024;
const librariesOfEach = 150;
const codeOfEach = 8;

/** Every so many-th, so that those chosen are spread over the alphabet. */
function spread(list, count) {
  const step = Math.max(1, list.length / count);
  return Array.from(
    { length: Math.min(list.length, count) },
    (_, index) => list[(index * step) | 0],
  );
}

/** Links may lead nowhere, and a directory need not be there. */
function isSmallFile(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && status.size <= libraryLimit;
}

function librariesBelow(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .filter((path) => /\.(so|node)(\.|$)/.test(path))
    .map((path) => join(directory, path))
    .filter(isSmallFile)
    .sort();
}

const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch];

function libraryPaths(fixtures) {
  const places = [fixtures, `/usr/lib/${machine}-linux-gnu`, join(cacheDirectory, 'packages')];
  return places.flatMap((place) => spread(librariesBelow(place), librariesOfEach));
}

function writeInput(directory, bytes) {
  const name = createHash('sha1').update(bytes).digest('hex');
  writeFileSync(join(directory, name), bytes);
}

/** Fills `directory/elf` and `directory/code`; says how many there are of each. */
export function writeSeeds(directory, fixtures) {
  const counts = { elf: 0, code: 0 };
  for (const kind of Object.keys(counts)) mkdirSync(join(directory, kind), { recursive: true });
  const write = (kind, bytes) => {
    writeInput(join(directory, kind), bytes);
    counts[kind] += 1;
  };
  for (const path of libraryPaths(fixtures)) {
    const file = readFileSync(path);
    const trimmed = trim(file);
    if (trimmed && trimmed.length <= inputLimit) write('elf', trimmed);
    for (const code of pickCode(file, codeOfEach)) write('code', code);
  }
  return counts;
}
