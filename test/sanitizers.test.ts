// Whether sanitizers see what they should, and what of their reports is held against greenify.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportsIn } from '../scripts/lib/sanitizers.mjs';
import { runCommonJs } from './support/child';
import { packagePath } from './support/packages.mjs';

const header = '\n=================================================================\n==7==ERROR: ';
const leaks = (...found: string[]): string =>
  `${header}LeakSanitizer: detected memory leaks\n\n${found.join('\n\n')}\n\n` +
  'SUMMARY: AddressSanitizer: 32 byte(s) leaked in 1 allocation(s).\n';
const leak = (...frames: string[]): string =>
  ['Direct leak of 32 byte(s) in 1 object(s) allocated from:']
    .concat(frames.map((frame, i) => `    #${i} 0x7 in ${frame}`))
    .join('\n');

const allocation = 'operator new(unsigned long) asan_new_delete.cpp:95 (/lib/libasan.so.8)';
const hook = 'node::AddEnvironmentCleanupHook(v8::Isolate*) ??:? (/bin/node)';
const own = 'greenify::addon::activate() threads.cc:31 (/build/greenify.node)';
const javascript = '<null> <null> (<null>)';

it('a leak is greenify’s when it has called what allocated the memory', () => {
  const theirs = leak(allocation, hook);
  const ours = leak(allocation, hook, own, javascript);
  expect(reportsIn(leaks(theirs, ours))).toEqual([ours]);
});

it('a leak is V8’s when V8 has allocated the memory for itself', () => {
  const archived = 'v8::internal::RegExpStack::ArchiveStack(char*) <null> (/bin/node)';
  expect(reportsIn(leaks(leak(allocation, archived, own)))).toEqual([]);
});

it('a leak is not greenify’s when JavaScript allocated it in a green thread', () => {
  expect(reportsIn(leaks(leak(allocation, hook, javascript, own)))).toEqual([]);
});

it('everything but leaks counts, whoever it was', () => {
  const error = `${header}AddressSanitizer: heap-use-after-free\n\n    #0 0x7 in ${hook}\n`;
  expect(reportsIn(error)).toEqual([error.trim()]);
  expect(reportsIn(error + leaks(leak(allocation, hook)))).toEqual([error.trim()]);
});

/** What is reported, in a directory of its own, when a green thread makes this call. */
async function reportOf(call: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'greenify-sanitizers-'));
  const log = `:log_path=${join(directory, 'report')}`;
  const code = `
    const { monkeyPatch, spawn } = require('greenify');
    const koffi = require(${JSON.stringify(packagePath('koffi'))});
    monkeyPatch();
    const libc = koffi.load('libc.so.6');
    const nanosleep = libc.func('int nanosleep(void *time, void *left)');
    const memory = koffi.alloc('long', 3);
    spawn(() => { ${call} });`;
  try {
    const { ASAN_OPTIONS = '', UBSAN_OPTIONS = '' } = process.env;
    const { code: exitCode } = await runCommonJs(code, {
      env: { ASAN_OPTIONS: ASAN_OPTIONS + log, UBSAN_OPTIONS: UBSAN_OPTIONS + log },
    });
    expect(exitCode).toBe(99);
    return readdirSync(directory)
      .map((file) => readFileSync(join(directory, file), 'utf8'))
      .join('');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

// `npm run test:sanitize`; in other builds there is nobody to report it.
if (process.env['GREENIFY_SANITIZE'] !== undefined) {
  describe('a wrong call in a green thread', () => {
    it('that reads freed memory is reported by AddressSanitizer, with its stack', async () => {
      const report = await reportOf('koffi.free(memory); nanosleep(memory, null);');
      expect(report).toMatch(/AddressSanitizer: heap-use-after-free[^]*green_nanosleep/);
    });

    it('with a misaligned pointer is reported by UndefinedBehaviorSanitizer', async () => {
      const report = await reportOf('nanosleep(koffi.address(memory) + 1n, null);');
      expect(report).toMatch(/misaligned address[^]*green_nanosleep/);
    });
  });
}
