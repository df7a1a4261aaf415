import { invalidArgument } from '../errors';
import { describe } from '../thread';

/** How long to wait; without options for ever. */
export interface WaitOptions {
  /** `false`: not at all. */
  block?: boolean;
  /** At most so many milliseconds. */
  timeout?: number;
}

/** When a wait is over. */
export class Deadline {
  readonly #end: number;

  private constructor(end: number) {
    this.#end = end;
  }

  static readonly never = new Deadline(Infinity);

  /** @throws {TypeError} an option of another kind; {RangeError} a timeout that is negative or NaN */
  static of(options: WaitOptions | undefined, caller: string): Deadline {
    if (options === undefined) return Deadline.never;
    if (typeof options !== 'object' || options === null) {
      const example = '{ block: false } or { timeout: 100 }';
      throw invalidArgument(`${caller} takes options such as ${example}, not ${describe(options)}`);
    }
    const { block = true, timeout = Infinity } = options;
    if (typeof block !== 'boolean' || typeof timeout !== 'number') {
      throw invalidArgument(`${caller}: "block" is a boolean, "timeout" a number of milliseconds`);
    }
    if (!(timeout >= 0)) throw new RangeError(`${caller} cannot wait ${timeout} ms`);
    return new Deadline(block ? performance.now() + timeout : -Infinity);
  }

  /** So much later. */
  after(milliseconds: number): Deadline {
    return new Deadline(Math.max(this.#end, performance.now()) + milliseconds);
  }

  /** Milliseconds; 0 when it is over. */
  get left(): number {
    return Math.max(0, this.#end - performance.now());
  }
}
