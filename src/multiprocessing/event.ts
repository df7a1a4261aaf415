import { spawn } from '../thread';
import type { GreenThread } from '../thread';
import { Deadline, type WaitOptions } from './deadline';
import { nameIn, newName } from './handle';
import { Shared } from './shared';
import { Tokens } from './tokens';

/** Something that has happened or not, in all processes. Source: multiprocessing.Event (Python). */
export class Event extends Shared {
  readonly #tokens: Tokens;

  constructor();
  /** @internal */
  constructor(handle?: string);
  constructor(handle?: string) {
    const name = handle === undefined ? newName('Event') : nameIn(handle, 'Event');
    const tokens = handle === undefined ? Tokens.create(name.path) : new Tokens(name.path);
    super(name, handle === undefined, [tokens]);
    this.#tokens = tokens;
  }

  /** The event with that handle, of this process or another. */
  static open(handle: string): Event {
    return new Event(handle);
  }

  isSet(): boolean {
    return this.#tokens.count > 0;
  }

  /** It has happened: everybody who waits goes on. */
  set(): void {
    if (!this.isSet()) this.#tokens.put(1);
  }

  /** It has not happened. */
  clear(): void {
    this.#tokens.takeAll();
  }

  /** Waits until it has happened; false when the time is over. */
  wait(options?: WaitOptions): boolean {
    return this.#tokens.wait(Deadline.of(options, 'wait()'));
  }

  /** The same in a green thread of its own. */
  waitAsync(options?: WaitOptions): GreenThread<boolean> {
    return spawn(() => this.wait(options));
  }
}
