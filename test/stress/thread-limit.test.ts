import { describe, expect, it } from 'vitest';
import { runCommonJs } from '../support/child';

describe('where there is no memory for another stack', () => {
  it('callbacks run outside of green threads, and a warning says so once', async () => {
    const { code, stdout, stderr } = await runCommonJs(`
      const { green, isGreen, sleep, spawn } = require('greenify');
      const threads = [];
      try { for (;;) { const thread = spawn(() => sleep(1e6)); thread.catch(() => {}); threads.push(thread); } }
      catch (error) { console.log(error.code); }
      console.log(green(isGreen)(), green(isGreen)());
      process.on('warning', ({ code }) => { console.log(code); process.exit(); });
    `);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'ERR_GREENIFY_THREAD_LIMIT\nfalse false\nGREENIFY_CALLBACK_NOT_GREEN\n',
    });
    expect(stderr.match(/GREENIFY_CALLBACK_NOT_GREEN/g)).toHaveLength(1);
  });
});
