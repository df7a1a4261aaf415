import { GreenifyError } from '../errors';
import { type GreenThread, spawn } from '../thread';
import { Deadline, type WaitOptions } from './deadline';
import { checkCount, type Name, nameIn, newName } from './handle';
import { Shared } from './shared';
import { Tokens } from './tokens';

/** Marks what `open` gives to a constructor. @internal */
class Opened {
  constructor(readonly name: Name) {}
}

/**
 * A number of tokens that processes take and give back.
 *
 * Source: multiprocessing.Semaphore (Python), as geventmp makes it green.
 */
export class Semaphore extends Shared {
  readonly #tokens: Tokens;

  /** @param value how many tokens there are at first */
  constructor(value: number);
  /** @internal */
  constructor(value: number | Opened, name?: Name);
  constructor(value: number | Opened = 1, name?: Name) {
    if (value instanceof Opened) {
      const tokens = new Tokens(value.name.path);
      super(value.name, false, [tokens]);
      this.#tokens = tokens;
      return;
    }
    checkCount(value, 'the value of a semaphore', 0);
    const made = name ?? newName('Semaphore');
    const tokens = Tokens.create(made.path);
    super(made, true, [tokens]);
    this.#tokens = tokens;
    this.#put(value);
  }

  /** The semaphore with that handle, of this process or another. */
  static open(handle: string): Semaphore {
    return new Semaphore(new Opened(nameIn(handle, 'Semaphore')));
  }

  /** How many tokens there are right now. */
  get value(): number {
    return this.#tokens.count;
  }

  /** Takes a token, waiting for it; false when the time is over. */
  acquire(options?: WaitOptions): boolean {
    return this.#tokens.takeOne(Deadline.of(options, 'acquire()'));
  }

  /** The same in a green thread of its own. */
  acquireAsync(options?: WaitOptions): GreenThread<boolean> {
    return spawn(() => this.acquire(options));
  }

  /** Gives `count` tokens back, or more than there were. */
  release(count = 1): void {
    checkCount(count, 'what is released', 1);
    this.#put(count);
  }

  #put(count: number): void {
    if (count === 0 || this.#tokens.put(count)) return;
    throw new GreenifyError(
      'ERR_GREENIFY_RELEASED',
      `${this.#tokens.path}: the kernel has no room for ${count} more tokens; a FIFO holds about 60,000 (pipe(7))`,
      { path: this.#tokens.path },
    );
  }
}

/** A semaphore that refuses more tokens than it had at first. Source: multiprocessing.BoundedSemaphore. */
export class BoundedSemaphore extends Semaphore {
  readonly #limit: number;

  constructor(value: number);
  /** @internal */
  constructor(value: number | Opened);
  constructor(value: number | Opened = 1) {
    if (value instanceof Opened) {
      super(value);
      this.#limit = value.name.limit ?? 1;
      return;
    }
    checkCount(value, 'the value of a semaphore', 0);
    super(value, newName('BoundedSemaphore', value));
    this.#limit = value;
  }

  static override open(handle: string): BoundedSemaphore {
    return new BoundedSemaphore(new Opened(nameIn(handle, 'BoundedSemaphore')));
  }

  override release(count = 1): void {
    checkCount(count, 'what is released', 1);
    if (this.value + count > this.#limit) {
      throw new GreenifyError(
        'ERR_GREENIFY_RELEASED',
        `a semaphore of ${this.#limit} has been released too many times`,
      );
    }
    super.release(count);
  }
}
