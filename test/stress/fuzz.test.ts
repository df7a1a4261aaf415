import { expect, it } from 'vitest';
import { runNode } from '../support/child';
import { describeWhere } from '../support/where';

// What is fuzzed does not depend on the Node version.
describeWhere(process.version.startsWith('v24.'), 'once is enough', 'a short fuzzing', () => {
  it('finds no fault in what reads ELF files', { timeout: 900_000 }, async () => {
    const args = ['test/fuzz/run.mjs', '--executions', '20000', '--seconds', '5'];
    const ended = await runNode(args, { timeoutMs: 880_000 });
    const lines = ended.stdout.match(/^\w+: \d+ executions in .*$/gm) ?? [];
    console.log(lines.join('\n'));
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatch(/, no fault$/);
  });
});
