import { constants, openSync, rmSync } from 'node:fs';

import { native } from '../native';
import { current } from '../thread';
import type { Deadline } from './deadline';
import { checked, closedError, whereItMayWait } from './waiting';

const { O_NONBLOCK, O_RDWR } = constants;
const { sharing } = native;

/** `hub::Wake` */
const enum Wake {
  Timeout = 2,
  Closed = 3,
  Cancelled = 4,
}

/**
 * Tokens that processes give each other: bytes in a FIFO. The kernel gives each to one of those who wait. They are
 * there as long as anybody has the FIFO open.
 */
export class Tokens {
  readonly path: string;
  #fd: number;

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, O_RDWR | O_NONBLOCK);
  }

  static create(path: string): Tokens {
    checked(sharing.makeFifo(path), 'mkfifo', path);
    return new Tokens(path);
  }

  get #open(): number {
    if (this.#fd < 0) throw closedError(this.path);
    return this.#fd;
  }

  get count(): number {
    return checked(sharing.tokens(this.#open), 'ioctl(FIONREAD)', this.path);
  }

  /** False when there is no room for all of them; then none is put. */
  put(count: number): boolean {
    const put = checked(sharing.put(this.#open, count), 'write', this.path);
    if (put < count) this.take(put);
    return put === count;
  }

  /** How many of them were there to take. */
  take(most: number): number {
    return checked(sharing.take(this.#open, most), 'read', this.path);
  }

  takeAll(): void {
    while (this.count > 0) this.take(this.count);
  }

  /** Waits until there is a token, without taking it; false when the time is over. */
  wait(deadline: Deadline): boolean {
    if (this.count > 0) return true;
    return deadline.left > 0 && whereItMayWait(() => this.#wait(deadline));
  }

  #wait(deadline: Deadline): boolean {
    const wake = sharing.waitForTokens(this.#open, deadline.left) as Wake;
    if (wake === Wake.Cancelled) throw current()?.cancellation;
    if (wake === Wake.Closed) throw closedError(this.path);
    return wake !== Wake.Timeout;
  }

  /** Takes a token, waiting for it; false when the time is over. */
  takeOne(deadline: Deadline): boolean {
    for (;;) {
      if (this.take(1) === 1) return true;
      if (!this.wait(deadline)) return false;
    }
  }

  close(): void {
    if (this.#fd >= 0) sharing.close(this.#fd);
    this.#fd = -1;
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
