import { openSync, rmSync } from 'node:fs';
import { constants } from 'node:os';

import { native } from '../native';
import { sleep, spawn } from '../thread';
import type { Deadline } from './deadline';
import { checked, closedError, failure, whereItMayWait } from './waiting';

const { EAGAIN } = constants.errno;
const { sharing } = native;

/** A green thread that waits, asleep, for the lock. */
interface Waiter {
  index: number;
  granted: boolean;
}

/**
 * flock(2) on a file, taken by one green thread at a time. A lock belongs to the open file: to all of this process,
 * with which it ends. So the green threads of this process wait in a queue, and for the first of them one thread asks
 * the kernel. That one cannot be called back: what it gets when nobody wants it any more is let go at once.
 */
export class FileLock {
  readonly path: string;
  #fd: number;
  #held = false;
  #asking = false;
  #failure: Error | undefined;
  readonly #waiters: Waiter[] = [];

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, 'r+');
  }

  static create(path: string): FileLock {
    sharing.close(openSync(path, 'wx', 0o600));
    return new FileLock(path);
  }

  /** Whether somebody in this process has taken it here. */
  get held(): boolean {
    return this.#held;
  }

  /** False when the time is over. */
  acquire(deadline: Deadline): boolean {
    if (this.#take()) return true;
    return deadline.left > 0 && whereItMayWait(() => this.#wait(deadline));
  }

  #take(): boolean {
    if (this.#fd < 0) throw closedError(this.path);
    if (this.#held || this.#asking || this.#waiters.length > 0) return false;
    const result = sharing.tryLock(this.#fd);
    if (result === -EAGAIN) return false;
    checked(result, 'flock', this.path);
    this.#held = true;
    return true;
  }

  #wait(deadline: Deadline): boolean {
    const waiter: Waiter = { index: native.index(), granted: false };
    this.#waiters.push(waiter);
    this.#ask();
    try {
      while (!waiter.granted && deadline.left > 0) {
        sleep(deadline.left);
        this.#check();
      }
    } catch (reason) {
      if (waiter.granted) this.release();
      throw reason;
    } finally {
      this.#forget(waiter);
    }
    return waiter.granted;
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #forget(waiter: Waiter): void {
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
  }

  /** Those who have waited in other processes come before those who begin to wait here now. */
  #ask(): void {
    if (this.#held || this.#asking) return;
    this.#asking = true;
    spawn(() => {
      const result = sharing.lock(this.#fd);
      this.#asking = false;
      if (result < 0) this.#fail(result);
      else this.#grant();
    });
  }

  #grant(): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) {
      sharing.unlock(this.#fd);
      return;
    }
    this.#held = true;
    waiter.granted = true;
    sharing.wake(waiter.index);
  }

  #fail(result: number): void {
    this.#failWaiters(this.#fd < 0 ? closedError(this.path) : failure(-result, 'flock', this.path));
  }

  #failWaiters(error: Error): void {
    this.#failure = error;
    for (const { index } of this.#waiters) sharing.wake(index);
  }

  release(): void {
    this.#held = false;
    checked(sharing.unlock(this.#fd), 'flock', this.path);
    if (this.#waiters.length > 0) this.#ask();
  }

  /** Lets it go, too; those who wait fail. */
  close(): void {
    if (this.#fd < 0) return;
    sharing.close(this.#fd);
    this.#fd = -1;
    this.#held = false;
    this.#failWaiters(closedError(this.path));
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
