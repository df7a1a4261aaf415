import { spawn } from 'greenify';

/** What a call came to: its value, or what of an error people and programs look at. */
export interface Outcome {
  value?: unknown;
  error?: { name: string; code: unknown; message: string };
}

export function outcomeOf(call: () => unknown): Outcome {
  try {
    return { value: call() };
  } catch (reason) {
    const { name, code, message } = reason as Error & { code?: unknown };
    return { error: { name, code, message } };
  }
}

export async function inGreenThread(call: () => unknown): Promise<Outcome> {
  return spawn(outcomeOf, call);
}
