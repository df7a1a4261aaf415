import { patchLib, sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { fixturePath, requireFixture } from '../support/fixtures';

type What = 'mutex' | 'write' | 'read' | 'semaphore' | 'produce' | 'consume';

/** test/fixtures/addons/locks/addon.cc. */
interface Locks {
  arena(): object;
  contend(arena: object, what: What, rounds: number): void;
  contender(arena: object, what: What, rounds: number): object;
  join(thread: object): number[];
  violations(arena: object): number;
  total(arena: object, what: What): number;
}

patchLib(fixturePath('locks'), { socket: true, sleep: true, lock: true });
const locks = requireFixture('locks') as Locks;

const GREEN_THREADS = 1000;
const KERNEL_THREADS = 4;
const ROUNDS = 3;
const KERNEL_ROUNDS = 200;
const LOOP_ROUNDS = 50;

/** Who contends in which way, and in how many rounds each. */
interface Crowd {
  green: What[];
  kernel: What[];
  loop: What[];
}

/** Everybody at once; resolves when the last has gone, with the rounds of each kind that were asked for. */
async function contend(arena: object, { green, kernel, loop }: Crowd): Promise<Map<What, number>> {
  const asked = new Map<What, number>();
  const ask = (what: What, rounds: number): void => {
    asked.set(what, (asked.get(what) ?? 0) + rounds);
  };
  const pick = (from: What[], i: number): What => from[i % from.length]!;

  const kernelThreads = Array.from({ length: KERNEL_THREADS }, (_, i) => {
    ask(pick(kernel, i), KERNEL_ROUNDS);
    return locks.contender(arena, pick(kernel, i), KERNEL_ROUNDS);
  });
  const greenThreads = Array.from({ length: GREEN_THREADS }, (_, i) => {
    ask(pick(green, i), ROUNDS);
    return spawn(() => {
      sleep((i * 7) % 10);
      locks.contend(arena, pick(green, i), ROUNDS);
    });
  });
  for (let i = 0; i < LOOP_ROUNDS; i++) {
    ask(pick(loop, i), 1);
    locks.contend(arena, pick(loop, i), 1);
    await new Promise(setImmediate);
  }
  await Promise.all(greenThreads);
  await Promise.all(kernelThreads.map((thread) => spawn(() => locks.join(thread))));
  return asked;
}

describe('a thousand green threads, kernel threads and the loop stack contend for', () => {
  const everybody = (...what: What[]): Crowd => ({ green: what, kernel: what, loop: what });

  it.each([
    ['a recursive mutex', everybody('mutex')],
    ['a semaphore of three places', everybody('semaphore')],
    ['a read-write lock', everybody('write', 'read', 'read')],
    ['all of them', everybody('mutex', 'semaphore', 'read', 'write')],
  ] as const)('%s', { timeout: 120_000 }, async (_name, crowd) => {
    const arena = locks.arena();
    const asked = await contend(arena, crowd);
    expect(locks.violations(arena)).toBe(0);
    for (const [what, rounds] of asked) expect(locks.total(arena, what)).toBe(rounds);
  });

  it('tokens behind a condition variable; no wake-up is lost', { timeout: 120_000 }, async () => {
    const arena = locks.arena();
    const consumers = Array.from({ length: GREEN_THREADS }, () =>
      spawn(() => locks.contend(arena, 'consume', ROUNDS)),
    );
    const kernelConsumer = locks.contender(arena, 'consume', KERNEL_ROUNDS);
    const tokens = GREEN_THREADS * ROUNDS + KERNEL_ROUNDS;
    const share = tokens / 4;
    const kernelProducers = [0, 1].map(() => locks.contender(arena, 'produce', share));
    const greenProducers = Array.from({ length: share }, () =>
      spawn(() => locks.contend(arena, 'produce', 1)),
    );
    for (let i = 0; i < share; i++) {
      locks.contend(arena, 'produce', 1);
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    await Promise.all([...consumers, ...greenProducers]);
    for (const thread of [...kernelProducers, kernelConsumer]) {
      await spawn(() => locks.join(thread));
    }
    expect(locks.violations(arena)).toBe(0);
    expect(locks.total(arena, 'consume')).toBe(tokens);
  });
});
