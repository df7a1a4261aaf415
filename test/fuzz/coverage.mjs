// Which lines of the code under test no input of the fuzzers reaches.
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/process.mjs';
import { fuzzDirectory, inputsOf } from './targets.mjs';

/** Once for each input that is known; resolves with what was counted. */
async function countLines(directory, target) {
  const profile = join(fuzzDirectory, 'profiles', `${target}.profraw`);
  const env = { ...process.env, LLVM_PROFILE_FILE: profile };
  await run(join(directory, target), ['-runs=0', ...inputsOf(target)], { env });
  return profile;
}

/** 12, 13, 14, 20 as "12-14, 20". */
function asRanges(numbers) {
  const ranges = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last && last.end === number - 1) last.end = number;
    else ranges.push({ begin: number, end: number });
  }
  return ranges.map(({ begin, end }) => (begin === end ? begin : `${begin}-${end}`)).join(', ');
}

/** lcov's format: SF:<file>, DA:<line>,<count>, end_of_record; geninfo(1). */
function parseLcov(text) {
  return text
    .split('end_of_record')
    .map((record) => ({
      file: /^SF:(.*)$/m.exec(record)?.[1],
      lines: [...record.matchAll(/^DA:(\d+),(\d+)/gm)].map(([, line, count]) => ({
        line: Number(line),
        isReached: count !== '0',
      })),
    }))
    .filter(({ file }) => file !== undefined);
}

async function exportLines(directory, targets, profiles) {
  const merged = join(fuzzDirectory, 'profiles/all.profdata');
  await run('llvm-profdata-16', ['merge', '-sparse', '-o', merged, ...profiles]);
  const [first, ...others] = targets.map((target) => join(directory, target));
  const objects = others.map((program) => `-object=${program}`);
  const args = ['export', '-format=lcov', `-instr-profile=${merged}`, first, ...objects];
  return parseLcov(await run('llvm-cov-16', args, { keep: Infinity }));
}

/** Prints, file by file, how much of `native/` the inputs reach, and which lines they do not. */
export async function printCoverage(directory, targets) {
  rmSync(join(fuzzDirectory, 'profiles'), { recursive: true, force: true });
  mkdirSync(join(fuzzDirectory, 'profiles'), { recursive: true });
  const profiles = [];
  for (const target of targets) profiles.push(await countLines(directory, target));
  for (const { file, lines } of await exportLines(directory, targets, profiles)) {
    const name = relative(root, file);
    if (!name.startsWith('native/')) continue;
    const missed = lines.filter(({ isReached }) => !isReached).map(({ line }) => line);
    const reached = lines.length - missed.length;
    const not = missed.length > 0 ? `; never line ${asRanges(missed)}` : '';
    console.log(`${name}: ${reached} of ${lines.length} lines${not}`);
  }
}
