import { monkeyPatch, spawn } from 'greenify';
import { beforeAll, expect, it } from 'vitest';

type Call = () => unknown;

/** What a call came to: its value, or what of an error people and programs look at. */
export interface Outcome {
  value?: unknown;
  error?: { name: string; code: unknown; message: string };
}

export function outcomeOf(call: Call): Outcome {
  try {
    return { value: call() };
  } catch (reason) {
    const { name, code, message } = reason as Error & { code?: unknown };
    return { error: { name, code, message } };
  }
}

/**
 * In a `describe`: calls that are made as they stand, by name, have the same result or error plainly and, with `stdlib`
 * patched from then on, in a green thread.
 *
 * @returns what they came to plainly; empty until the tests run
 */
export function itIsTheSameInGreen(calls: Record<string, Call>): ReadonlyMap<string, Outcome> {
  const plain = new Map<string, Outcome>();
  beforeAll(() => {
    for (const [name, call] of Object.entries(calls)) plain.set(name, outcomeOf(call));
    monkeyPatch({ stdlib: true });
  });
  it.each(Object.entries(calls))('has the same result or error: %s', async (name, call) => {
    expect(await spawn(outcomeOf, call)).toEqual(plain.get(name));
  });
  return plain;
}

/** How often the event loop turns while `task` runs. */
export async function turnsDuring(task: () => PromiseLike<unknown>): Promise<number> {
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  await task();
  clearInterval(timer);
  return turns;
}
