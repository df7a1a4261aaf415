import { patchLib, spawn } from 'greenify';
import { closeSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants as osConstants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, expect } from 'vitest';
import { native } from '../../dist/native.js';

/** What a call came to; test/fixtures/addons/calls/addon.c. */
export interface Outcome {
  result: number;
  errno: number;
  hostErrno?: number;
  data?: Buffer;
  from?: Buffer;
  revents?: number[];
  remaining?: [number, number];
}

type Calls = Record<string, (...args: unknown[]) => Outcome>;
type CallsElsewhere = Record<string, (...args: unknown[]) => Promise<Outcome>>;
type CallsAddon = Calls & { pool: CallsElsewhere; thread: CallsElsewhere };

const require = createRequire(import.meta.url);
const { fixturePath, requireFixture } = require('../support/fixtures.js');

export const { errno } = osConstants;
export const descriptors = requireFixture('descriptors');
export const { constants } = descriptors;

function patched(name: string): CallsAddon {
  patchLib(fixturePath(name), { socket: true, sleep: true, file: true, process: true });
  return requireFixture(name);
}

/** The addon in which everything is redirected, and the same with the checking variants. */
export const calls = patched('calls');
export const fortifiedCalls = patched('calls_fortified');

// A call that wrongly stops the loop would stop vitest's time limits too.
const watchdog = new Worker("setTimeout(() => process.kill(process.pid, 'SIGKILL'), 120_000)", {
  eval: true,
});
afterAll(() => watchdog.terminate());

const directory = mkdtempSync(join(tmpdir(), 'greenify-calls-'));
afterAll(() => rmSync(directory, { recursive: true }));

function unpatchedCopy(): CallsAddon {
  const copy = join(directory, 'unpatched.node');
  copyFileSync(fixturePath('calls'), copy);
  return require(copy);
}

/** A copy of the addon, of which nothing is redirected. */
export const originalCalls = unpatchedCopy();

/** A path for a socket or a file that is gone after the tests of this file. */
let paths = 0;
export const newPath = (): string => join(directory, `path-${(paths += 1)}`);

/** Makes a libc call in one of the ways it can be made. */
export type Call = (name: string, ...args: unknown[]) => Promise<Outcome>;

const through =
  (addon: CallsElsewhere): Call =>
  (name, ...args) =>
    addon[name]!(...args);
const inGreenThread =
  (addon: Calls): Call =>
  (name, ...args) =>
    spawn(() => addon[name]!(...args));

/** What the kernel does: the original, on a kernel thread of its own. */
export const plain = through(originalCalls.thread);
export const green = inGreenThread(calls);
const fortified = inGreenThread(fortifiedCalls);

/** Opens descriptors that are closed when the scenario has ended. */
export class Desk {
  readonly #open = new Set<number>();

  #keep<T extends number | number[]>(opened: T): T {
    for (const fd of [opened].flat()) this.#open.add(fd);
    return opened;
  }

  pipe(flags = 0): [number, number] {
    return this.#keep(descriptors.pipe(flags));
  }

  socketpair(type: number = constants.SOCK_STREAM): [number, number] {
    return this.#keep(descriptors.socketpair(type));
  }

  socket(domain: number, type: number): number {
    return this.#keep(descriptors.socket(domain, type));
  }

  /** A UDP socket bound to a port of 127.0.0.1, and its address. */
  udp(): { fd: number; address: Buffer } {
    return this.#bound(constants.SOCK_DGRAM, descriptors.inet('127.0.0.1', 0), constants.AF_INET);
  }

  /** A listening TCP socket, or with a path a listening local one. */
  listener(backlog = 16, path?: string): { fd: number; address: Buffer } {
    const local = path !== undefined;
    const wanted = local ? descriptors.local(path) : descriptors.inet('127.0.0.1', 0);
    const domain = local ? constants.AF_UNIX : constants.AF_INET;
    const { fd, address } = this.#bound(constants.SOCK_STREAM, wanted, domain);
    descriptors.listen(fd, backlog);
    return { fd, address: local ? wanted : address };
  }

  #bound(type: number, address: Buffer, domain: number): { fd: number; address: Buffer } {
    const fd = this.socket(domain, type);
    descriptors.bind(fd, address);
    return { fd, address: descriptors.getsockname(fd) };
  }

  accept(listener: number): number {
    return this.#keep(descriptors.accept(listener));
  }

  /** Two ends of a TCP connection. */
  tcp(): [number, number] {
    const { fd: listener, address } = this.listener();
    const client = this.socket(constants.AF_INET, constants.SOCK_STREAM);
    originalCalls['connect']!(client, address);
    return [client, this.accept(listener)];
  }

  keep(fd: number): number {
    return this.#keep(fd);
  }

  /** Somebody else has closed it. */
  forget(fd: number): void {
    this.#open.delete(fd);
  }

  /** Closes without waking anybody that only redirected calls would wake. */
  close(fd: number): void {
    this.forget(fd);
    closeSync(fd);
  }

  closeAll(): void {
    for (const fd of this.#open) this.close(fd);
  }
}

/** Plays a scenario with descriptors of its own. */
export async function onDesk<T>(play: (desk: Desk) => Promise<T>): Promise<T> {
  const desk = new Desk();
  try {
    return await play(desk);
  } finally {
    desk.closeAll();
  }
}

type Scenario<T> = (call: Call, desk: Desk) => Promise<T>;

/**
 * Plays a scenario with the plain calls, with those of a green thread and with its fortified ones,
 * at the same time; all three must come to the same. Gives what it is.
 */
export async function everyWay<T>(play: Scenario<T>): Promise<T> {
  const [plainly, inGreen, fortifiedly] = await Promise.all(
    [plain, green, fortified].map((call) => onDesk((desk) => play(call, desk))),
  );
  expect(inGreen, 'in a green thread').toEqual(plainly);
  expect(fortifiedly, 'in a green thread, fortified').toEqual(plainly);
  return plainly as T;
}

/** Expects that the loop turns, timers and all, and that the call is not over. */
export async function stillWaits(pending: Promise<unknown>): Promise<void> {
  let over = false;
  const end = (): boolean => (over = true);
  void pending.then(end, end);
  for (let ticks = 0; ticks < 3; ticks++) await delay(2);
  expect(over, 'the call should wait').toBe(false);
}

/**
 * The outcome of a call that waits `ms` by itself, while the loop turns: on a busy machine perhaps once only, so no
 * timer is asked for.
 */
export async function waitsFor<T>(ms: number, call: () => Promise<T>): Promise<T> {
  const start = performance.now();
  let turned = false;
  setImmediate(() => (turned = true));
  const outcome = await call();
  expect(performance.now() - start, 'time waited').toBeGreaterThan(ms - 2);
  expect(turned, 'the loop has turned meanwhile').toBe(true);
  return outcome;
}

/** How many calls were made on an offload thread meanwhile. */
export async function offloads(action: () => Promise<unknown>): Promise<number> {
  const before = native.counters()?.offloads ?? 0;
  await action();
  return (native.counters()?.offloads ?? 0) - before;
}

const F_DUPFD_CLOEXEC = 1030;

/** A duplicate of the descriptor whose number is at least that. */
export async function above(number: number, fd: number): Promise<number> {
  return (await plain('fcntl', fd, F_DUPFD_CLOEXEC, number)).result;
}

export const bytes = (text: string): Buffer => Buffer.from(text);

/** Bytes of which every stretch can be told from its neighbours. */
export function pattern(size: number): Buffer {
  return Buffer.from(
    Uint32Array.from({ length: Math.ceil(size / 4) }, (_, i) => i * 2654435761).buffer,
  ).subarray(0, size);
}

/** Everything that can be read until the end, or until `size` bytes have come. */
export async function drain(fd: number, size = Infinity): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let left = size; left > 0;) {
    const { result, data } = await plain('read', fd, Math.min(left, 16_384));
    if (result <= 0) break;
    parts.push(data!);
    left -= result;
  }
  return Buffer.concat(parts);
}
