import { isBuiltin } from 'node:module';
import { expect, it } from 'vitest';
import { runNode } from '../support/child';
import { describeWhere } from '../support/where';
import { itIterates, itLetsFunctionsWait, itWaitsGreen } from './sqlite';

const why = 'node:sqlite is there from Node 22 on';
describeWhere(isBuiltin('node:sqlite'), why, 'node:sqlite', () => {
  itWaitsGreen('node:sqlite', 'node-sqlite', []);
  itLetsFunctionsWait('node:sqlite');
  itIterates('node:sqlite', {});

  it('is known to doctor', async () => {
    const ended = await runNode(['dist/cli/main.js', 'doctor', 'node:sqlite']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^node:sqlite .*: green\n[^]*monkeyPatch\(\{ sleep: true \}\)/);
  });
});
