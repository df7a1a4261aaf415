import { expect } from 'vitest';
import { type ChildOptions, runNode } from '../support/child';

/** Runs a script of test/fixtures/scripts/patches to its good end; what it printed. */
export async function runScript(
  name: string,
  args: string[],
  options?: ChildOptions,
): Promise<string> {
  const ended = await runNode([`test/fixtures/scripts/patches/${name}`, ...args], options);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return ended.stdout;
}

/** What the -callees scripts print. */
export interface Waited {
  results: Record<string, unknown>;
  gaps: Record<string, number>;
}

/** What ffi-crowd.mjs prints. */
export interface Crowd {
  right: number;
  gap: number;
  ms: number;
  pinned: number;
}
