import { deserialize, serialize } from 'node:v8';

import { GreenifyError } from '../errors';
import { type GreenThread, spawn } from '../thread';
import { Deadline, type WaitOptions } from './deadline';
import { FileLock } from './file_lock';
import { checkCount, nameIn, newName } from './handle';
import { Items } from './items';
import { Shared } from './shared';
import { Tokens } from './tokens';

/** There was nothing in the queue until the time was over. Source: queue.Empty (Python). */
export class EmptyError extends GreenifyError {
  constructor() {
    super('ERR_GREENIFY_QUEUE_EMPTY', 'nothing has come into the queue');
  }
}

/** There was no room in the queue until the time was over. Source: queue.Full (Python). */
export class FullError extends GreenifyError {
  constructor() {
    super('ERR_GREENIFY_QUEUE_FULL', 'the queue has stayed full');
  }
}

/** What a look at the queue may wait for those who are at it, when its time is over already: milliseconds. */
const grace = 1000;

/**
 * A queue that any number of processes put values into and get them from, first in, first out. Each value comes out
 * once, whole; it is what `structuredClone` takes (`v8.serialize`).
 *
 * Each of two FIFOs has a token while there is something to get, and while there is room. Only who holds the lock
 * changes anything, and puts a token before it writes what that stands for: whoever dies on the way leaves a token too
 * many at most, which the next one takes away.
 *
 * Source: multiprocessing.Queue (Python), as geventmp makes it green.
 */
export class Queue<T = unknown> extends Shared {
  readonly maxsize: number;
  readonly #items: Items;
  readonly #lock: FileLock;
  readonly #filled: Tokens;
  readonly #room: Tokens;

  /** @param maxsize how many values it holds; 0: as many as there is space for */
  constructor(maxsize?: number);
  /** @internal */
  constructor(maxsize: number | undefined, handle?: string);
  constructor(maxsize = 0, handle?: string) {
    checkCount(maxsize, 'the size of a queue', 0);
    const made = handle === undefined;
    const name = made ? newName('Queue', maxsize) : nameIn(handle, 'Queue');
    const tokens = (path: string): Tokens => (made ? Tokens.create(path) : new Tokens(path));
    const items = new Items(name.path, made ? 'wx+' : 'r+');
    const lockPath = `${name.path}.lock`;
    const lock = made ? FileLock.create(lockPath) : new FileLock(lockPath);
    const [filled, room] = [tokens(`${name.path}.filled`), tokens(`${name.path}.room`)];
    super(name, made, [lock, filled, room, items]);
    this.maxsize = name.limit ?? 0;
    this.#items = items;
    this.#lock = lock;
    this.#filled = filled;
    this.#room = room;
  }

  /** The queue with that handle, of this process or another. */
  static open<T = unknown>(handle: string): Queue<T> {
    return new Queue<T>(undefined, handle);
  }

  /** How many values there are right now. */
  qsize(): number {
    return this.#items.state.count;
  }

  empty(): boolean {
    return this.qsize() === 0;
  }

  full(): boolean {
    return this.maxsize > 0 && this.qsize() >= this.maxsize;
  }

  /** @throws {FullError} the time is over; what `v8.serialize` throws for what cannot be copied */
  put(value: T, options?: WaitOptions): void {
    const deadline = Deadline.of(options, 'put()');
    const item = serialize(value);
    while (!this.#exclusively(deadline, () => this.#tryPut(item))) {
      if (!this.#room.wait(deadline)) throw new FullError();
    }
  }

  /** @throws {EmptyError} the time is over */
  get(options?: WaitOptions): T {
    const deadline = Deadline.of(options, 'get()');
    for (;;) {
      const item = this.#exclusively(deadline, () => this.#tryGet());
      if (item !== undefined) return deserialize(item) as T;
      if (!this.#filled.wait(deadline)) throw new EmptyError();
    }
  }

  /** The same in a green thread of its own. */
  putAsync(value: T, options?: WaitOptions): GreenThread<void> {
    return spawn(() => this.put(value, options));
  }

  /** The same in a green thread of its own. */
  getAsync(options?: WaitOptions): GreenThread<T> {
    return spawn(() => this.get(options));
  }

  #exclusively<R>(deadline: Deadline, act: () => R): R {
    if (!this.#lock.acquire(deadline.after(grace))) {
      throw new GreenifyError(
        'ERR_GREENIFY_QUEUE_STUCK',
        `${this.#lock.path}: another process has kept the queue for more than ${grace} ms; is it stopped?`,
        { path: this.#lock.path },
      );
    }
    try {
      return act();
    } finally {
      this.#lock.release();
    }
  }

  #tryPut(item: Buffer): boolean {
    const { state } = this.#items;
    if (this.maxsize > 0 && state.count >= this.maxsize) {
      this.#room.takeAll();
      return false;
    }
    if (this.#filled.count === 0) this.#filled.put(1);
    this.#items.append(state, item);
    if (state.count + 1 === this.maxsize) this.#room.takeAll();
    return true;
  }

  #tryGet(): Buffer | undefined {
    const { state } = this.#items;
    if (state.count === 0) {
      this.#filled.takeAll();
      return undefined;
    }
    const { item, rest } = this.#items.first(state);
    if (this.maxsize > 0 && this.#room.count === 0) this.#room.put(1);
    this.#items.forget(state, rest);
    if (rest.count === 0) this.#filled.takeAll();
    return item;
  }
}
