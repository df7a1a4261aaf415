import { describe, expect, it } from 'vitest';
import { runModule } from '../support/child';

/**
 * Performs operations of test/fixtures/addons/programs in a green thread of a process of its own.
 * Gives [result, errno] of the last one.
 */
async function perform(operations: [string, ...number[]][]): Promise<unknown> {
  const code = `
    import { patchLib, spawn } from 'greenify';
    import { encode } from './test/differential/program.mjs';
    import { fixturePath, requireFixture } from './test/support/fixtures.js';
    patchLib(fixturePath('programs'), { socket: true });
    const { operations, create, run, end } = requireFixture('programs');
    const code = encode(${JSON.stringify(operations)}, operations);
    const program = create('/tmp', 'a test', [code]);
    await spawn(() => run(program, 0));
    console.log(JSON.stringify([...end(program)[0].slice(-4, -2)]));`;
  const { stdout, stderr, signal } = await runModule(code, { timeoutMs: 10_000 });
  expect({ stderr, signal }).toEqual({ stderr: '', signal: null });
  return JSON.parse(stdout);
}

// signals.c: the mask lets a signal in that has been sent already, and waits where it is blocked.
const LETS_IN = 2;
const EINTR = 4;

describe('a signal that only the mask of the call lets in ends', () => {
  it.each<[string, ...number[]]>([
    ['ppoll', 1, 0, -1, LETS_IN],
    ['pselect', 1, 0, 0, -1, LETS_IN],
    ['epoll_pwait', 2, -1, LETS_IN],
    ['epoll_pwait2', 2, -1, LETS_IN],
  ])('%s', async (...waiting) => {
    const outcome = await perform([
      ['pipe', 0, 1],
      ['epoll', 2],
      ['epoll_ctl', 2, 0, 0, 0],
      waiting,
    ]);
    expect(outcome).toEqual([-1, EINTR]);
  });
});
