import { describe, expect, it } from 'vitest';
import { runDocsExample } from '../support/docs-example';

describe.each(['koffi', 'ffi-rs', 'sleep'])(
  'the example of docs/packages/%s.md, pasted',
  (name) => {
    it('waits a thousand times at once while the event loop turns', async () => {
      const ended = await runDocsExample(name);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      const lines = ended.stdout.trim().split('\n');
      expect(lines.filter((line) => line === 'the event loop turns').length).toBeGreaterThan(1);
      expect(lines.at(-1)).toMatch(/^a thousand calls of 0.2 s: [\d.]+m?s$/);
    });
  },
);
