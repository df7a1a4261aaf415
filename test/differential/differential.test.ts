import { describe, expect, it } from 'vitest';
import { runNode } from '../support/child';

const families = [
  'sockets',
  'multiplexing',
  'descriptors',
  'files',
  'locks',
  'semaphores',
  'children',
  'names',
];

describe('random programs come to the same on kernel threads and in green threads', () => {
  it.each(families)('%s', async (family) => {
    const options = ['--family', family, '--seed', '1', '--operations', '1000'];
    const { code, stdout } = await runNode(['test/differential/run.mjs', ...options]);
    expect(stdout).not.toContain('disagreement');
    expect(code).toBe(0);
  });
});

describe('a program of the differential test', () => {
  it('is the same for the same seed', async () => {
    const code = `
      import { families } from './test/differential/families.mjs';
      import { Program } from './test/differential/program.mjs';
      for (const family of Object.keys(families)) {
        const texts = [7, 7, 8].map((seed) => JSON.stringify(new Program(family, seed).actors));
        console.log(texts[0] === texts[1], texts[0] === texts[2]);
      }`;
    const { stdout } = await runNode(['--input-type=module', '--eval', code]);
    expect(stdout).toBe('true false\n'.repeat(families.length));
  });
});
