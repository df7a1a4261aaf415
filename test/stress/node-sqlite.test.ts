import { isBuiltin } from 'node:module';
import { describe, expect, it } from 'vitest';
import { runNode } from '../support/child';
import { itIterates, itLetsFunctionsWait, itWaitsGreen } from './sqlite';

// Since Node 22.
describe.skipIf(!isBuiltin('node:sqlite'))('node:sqlite', () => {
  itWaitsGreen('node:sqlite', 'node-sqlite', []);
  itLetsFunctionsWait('node:sqlite');
  itIterates('node:sqlite', {});

  it('is known to doctor', async () => {
    const ended = await runNode(['dist/cli/main.js', 'doctor', 'node:sqlite']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^node:sqlite .*: green\n[^]*monkeyPatch\(\{ sleep: true \}\)/);
  });
});
