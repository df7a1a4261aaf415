import { expect, it } from 'vitest';
import { runNode } from '../support/child';
import { describeWhere } from '../support/where';

const major = process.versions.node.split('.')[0] as string;

describeWhere(['22', '26'].includes(major), 'two versions are enough', 'a short soak', () => {
  it('gets only right results, and is at rest what it was', { timeout: 240_000 }, async () => {
    const args = ['test/soak/run.mjs', '--node', major, '--minutes', '0.4'];
    const ended = await runNode(args, { timeoutMs: 220_000 });
    console.log(ended.stdout);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});
