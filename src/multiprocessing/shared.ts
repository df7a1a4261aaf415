import type { Name } from './handle';

/** What a shared object consists of. */
interface Part {
  close(): void;
  remove(): void;
}

/** An object that processes share. Who has made it removes it: when closing it, or at the end of the process. */
export abstract class Shared {
  /** For `open` in another process, or in a worker: a string, for `send`, `workerData`, the environment … */
  readonly handle: string;
  readonly #parts: readonly Part[];
  readonly #made: boolean;

  /** @internal */
  protected constructor(name: Name, made: boolean, parts: readonly Part[]) {
    this.handle = JSON.stringify(name);
    this.#made = made;
    this.#parts = parts;
  }

  /** Closes its descriptors here; whoever waits gets `ERR_GREENIFY_CLOSED`. */
  close(): void {
    for (const part of this.#parts) {
      part.close();
      if (this.#made) part.remove();
    }
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `${this.constructor.name} ${this.handle}`;
  }
}
