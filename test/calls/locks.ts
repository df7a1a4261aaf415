/** What the tests of locks share: the addon `locks`, patched and not, and who holds what. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { patchLib, spawn } from 'greenify';
import { afterAll, expect } from 'vitest';
import { runCommonJs } from '../support/child';
import { fixturePath, requireFixture } from '../support/fixtures';

export type Lock = object;
export type Thread = object;
export type Step = [name: string, object?: Lock | null, other?: Lock | null, number?: number];

/** test/fixtures/addons/locks/addon.cc. */
export interface Locks {
  make: (this: void, kind: string) => Lock;
  perform: (this: void, ...step: Step) => number;
  thread(steps: Step[]): Thread;
  join(thread: Thread): number[];
}

export const { EBUSY, EDEADLK, EPERM, ETIMEDOUT, EINVAL, ECANCELED } = osConstants.errno;
export const EOWNERDEAD = 130;
export const thrd = { success: 0, busy: 1, error: 2, timedout: 4 };

patchLib(fixturePath('locks'), { socket: true, sleep: true, lock: true });
export const locks = requireFixture('locks') as Locks;
export const { make, perform } = locks;

/** A copy of the addon, of which nothing is redirected; it takes the same objects. */
const directory = mkdtempSync(join(tmpdir(), 'greenify-locks-'));
afterAll(() => rmSync(directory, { recursive: true }));
const copy = join(directory, 'unpatched.node');
copyFileSync(fixturePath('locks'), copy);
export const unpatched = createRequire(import.meta.url)(copy) as Locks;

export const green = (...step: Step): Promise<number> => spawn(() => perform(...step));

/** Performs the steps in a green thread, one after another. */
export const greenly = (...steps: Step[]): Promise<number[]> =>
  spawn(() => steps.map((step) => perform(...step)));

/** Somebody who holds a lock until told otherwise: nothing depends on how long things take. */
export interface Holder {
  /** Lets go, and gives the results of taking, waiting and releasing. */
  letGo: () => Promise<number[]>;
  /** Lets go once somebody who is about to wait for the lock has surely begun to. */
  letGoSoon: () => Promise<number[]>;
}

function holder(gate: Lock, results: () => Promise<number[]>): Holder {
  const letGo = async (): Promise<number[]> => {
    expect(perform('sem_post', gate)).toBe(0);
    return results();
  };
  return { letGo, letGoSoon: async () => delay(5).then(letGo) };
}

/** A green thread that holds a mutex, or whatever `take` takes. */
export function heldByGreen(lock: Lock, take = 'lock', release = 'unlock'): Holder {
  const gate = make('sem');
  const held = greenly([take, lock], ['sem_wait', gate], [release, lock]);
  return holder(gate, () => held);
}

/** The same by a kernel thread, once it has it. */
export async function heldByThread(
  addon: Locks,
  lock: Lock,
  take = 'lock',
  release = 'unlock',
): Promise<Holder> {
  const [taken, gate] = [make('sem'), make('sem')];
  const thread = addon.thread([
    [take, lock],
    ['sem_post', taken],
    ['sem_wait', gate],
    [release, lock],
  ]);
  expect(await green('sem_wait', taken)).toBe(0);
  return holder(gate, () => spawn(() => addon.join(thread)));
}

export async function elapsed(action: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Runs code with `locks` and `spawn`, in which a mistake may hang or crash. */
export async function inChild(code: string): Promise<{ stdout: string; stderr: string }> {
  const ended = await runCommonJs(
    `const { patchLib, sleep, spawn } = require('greenify');
     const path = ${JSON.stringify(fixturePath('locks'))};
     patchLib(path, { socket: true, sleep: true, lock: true });
     const { make, perform, thread, join } = require(path);
     ${code}`,
    { timeoutMs: 15_000 },
  );
  expect(ended).toMatchObject({ code: 0, signal: null });
  return ended;
}

export const mutexKinds = [
  'normal',
  'recursive',
  'errorcheck',
  'adaptive',
  'robust',
  'robust_recursive',
  'robust_errorcheck',
  'shared',
];
export const recursiveKinds = ['recursive', 'robust_recursive'];
export const checkingKinds = ['errorcheck', 'robust_errorcheck'];
export const ownedKinds = [...recursiveKinds, ...checkingKinds, 'robust'];
