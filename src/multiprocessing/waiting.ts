import { constants } from 'node:os';

import { GreenifyError } from '../errors';
import { native } from '../native';
import { spawn } from '../thread';

const { errno } = constants;

/**
 * Runs what waits in a green thread. Where the caller cannot be suspended (outside green threads), in one of its own,
 * while this stack runs nothing but green threads until it has ended: one of them may hold what is waited for.
 */
export function whereItMayWait<T>(wait: () => T): T {
  if (native.sharing.canSuspend()) return wait();
  let outcome: { value: T } | { error: unknown } | undefined;
  spawn(() => {
    try {
      outcome = { value: wait() };
    } catch (error) {
      outcome = { error };
    }
  });
  while (outcome === undefined) native.sharing.drive(Infinity);
  const ended = outcome;
  if ('error' in ended) throw ended.error;
  return ended.value;
}

/** What has become of a call of the system's. */
export function failure(error: number, call: string, path: string): GreenifyError {
  const [name = String(error)] = Object.entries(errno).find(([, number]) => number === error) ?? [];
  const details = { path, symbol: call, errno: error };
  return new GreenifyError('ERR_GREENIFY_SYSTEM', `${call} ${path}: ${name}`, details);
}

/** The result of a native call, which gives `-errno` when it has failed. */
export function checked(result: number, call: string, path: string): number {
  if (result >= 0) return result;
  throw failure(-result, call, path);
}

export function closedError(path: string): GreenifyError {
  return new GreenifyError('ERR_GREENIFY_CLOSED', `${path}: close() was called`, { path });
}
