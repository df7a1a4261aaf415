import { spawn } from '../thread';
import { GreenifyError } from '../errors';
import { current, type GreenThread } from '../thread';
import { Deadline, type WaitOptions } from './deadline';
import { FileLock } from './file_lock';
import { type Name, nameIn, newName } from './handle';
import { Shared } from './shared';

function notHeld(path: string): GreenifyError {
  const message = `${path}: release() of a lock that is not held here`;
  return new GreenifyError('ERR_GREENIFY_RELEASED', message, { path });
}

abstract class FileLocked extends Shared {
  /** @internal */
  protected readonly file: FileLock;

  protected constructor(kind: string, handle?: string) {
    const name: Name = handle === undefined ? newName(kind) : nameIn(handle, kind);
    const file = handle === undefined ? FileLock.create(name.path) : new FileLock(name.path);
    super(name, handle === undefined, [file]);
    this.file = file;
  }

  abstract acquire(options?: WaitOptions): boolean;
  abstract release(): void;

  /** Runs `fn` while the lock is held, and gives what it returns. */
  run<T>(fn: () => T): T {
    this.acquire();
    try {
      return fn();
    } finally {
      this.release();
    }
  }
}

/**
 * A lock that one green thread of all processes holds at a time. Any code of the process that holds it may release it.
 * It is released when that process ends, however that comes about.
 *
 * Source: multiprocessing.Lock (Python), as geventmp makes it green.
 */
export class Lock extends FileLocked {
  constructor();
  /** @internal */
  constructor(handle?: string);
  constructor(handle?: string) {
    super('Lock', handle);
  }

  /** The lock with that handle, of this process or another. */
  static open(handle: string): Lock {
    return new Lock(handle);
  }

  /** Takes the lock, waiting for it; false when the time is over. */
  acquire(options?: WaitOptions): boolean {
    return this.file.acquire(Deadline.of(options, 'acquire()'));
  }

  /** The same in a green thread of its own; any code of this process releases it. */
  acquireAsync(options?: WaitOptions): GreenThread<boolean> {
    return spawn(() => this.acquire(options));
  }

  /** @throws {GreenifyError} `ERR_GREENIFY_RELEASED`: this process does not hold it through this object */
  release(): void {
    if (!this.file.held) throw notHeld(this.file.path);
    this.file.release();
  }
}

/**
 * A lock that its holder may take again: the green thread that has it, or all code outside green threads. Released as
 * often as it was taken, by its holder. Source: multiprocessing.RLock.
 */
export class RLock extends FileLocked {
  #owner: GreenThread | undefined;
  #times = 0;

  constructor();
  /** @internal */
  constructor(handle?: string);
  constructor(handle?: string) {
    super('RLock', handle);
  }

  static open(handle: string): RLock {
    return new RLock(handle);
  }

  #isMine(): boolean {
    return this.#times > 0 && this.#owner === current();
  }

  /** Takes the lock, waiting for it; false when the time is over. */
  acquire(options?: WaitOptions): boolean {
    const deadline = Deadline.of(options, 'acquire()');
    if (!this.#isMine()) {
      if (!this.file.acquire(deadline)) return false;
      this.#owner = current();
    }
    this.#times += 1;
    return true;
  }

  /** @throws {GreenifyError} `ERR_GREENIFY_RELEASED`: the caller does not hold it */
  release(): void {
    if (!this.#isMine()) throw notHeld(this.file.path);
    this.#times -= 1;
    if (this.#times === 0) this.file.release();
  }
}
