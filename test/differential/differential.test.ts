import { describe, expect, it } from 'vitest';
import { runNode } from '../support/child';
import { families } from './families.mjs';

describe('random programs come to the same on kernel threads and in green threads', () => {
  it.each(Object.keys(families))('%s', async (family) => {
    const args = ['--family', family, '--seed', '1', '--operations', '300', '--patience', '20'];
    const { code, signal, stdout, stderr } = await runNode(['test/differential/run.mjs', ...args]);
    expect(`${stdout}${stderr}`).toMatch(/^\w+: seed 1, \d+ operations.*\n$/);
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  });
});

describe('a program of the differential test', () => {
  it('is reported with its seed and where it is when it does not end', async () => {
    const code = `
      import { encode } from './test/differential/program.mjs';
      import { requireFixture } from './test/support/fixtures.js';
      const { operations, create, runInThreads, watch } = requireFixture('programs');
      const waits = encode([['pipe', 0, 1], ['read', 0, 8, 1]], operations);
      const ends = encode([['usleep', 10]], operations);
      watch(1);
      runInThreads([create('/tmp', '--seed 7, plain', [waits, ends])]);`;
    const { code: exitCode, stderr } = await runNode(['--input-type=module', '--eval', code]);
    expect(exitCode).toBe(1);
    expect(stderr.split('\n')).toEqual([
      'no operation has ended for 1 s',
      '--seed 7, plain:',
      '  actor 0 is at 1 of 2: read(0, 8, 1, 0, 0, 0)',
      '  actor 1 has ended',
      '',
    ]);
  });

  it('is the same for the same seed', async () => {
    const code = `
      import { families } from './test/differential/families.mjs';
      import { Program } from './test/differential/program.mjs';
      for (const family of Object.keys(families)) {
        const texts = [7, 7, 8].map((seed) => JSON.stringify(new Program(family, seed).actors));
        console.log(texts[0] === texts[1], texts[0] === texts[2]);
      }`;
    const { stdout } = await runNode(['--input-type=module', '--eval', code]);
    expect(stdout).toBe('true false\n'.repeat(Object.keys(families).length));
  });
});
