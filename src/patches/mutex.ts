import { await_ } from '../await';
import { GreenifyError } from '../errors';
import { current, type GreenThread } from '../thread';

/** Who holds a mutex: a green thread, or what is no thread, by name: the code of the loop stack, work elsewhere. */
export type Holder = GreenThread | string;

/** Whoever is running, as a holder. */
export function running(): Holder {
  return current() ?? 'loop stack';
}

interface Waiter {
  readonly holder: Holder;
  readonly resume: () => void;
}

/**
 * A mutex that green threads wait for in order of arrival, and that its holder may take again. It is handed over to
 * the one that has waited longest, so that nobody who comes later gets in between. Whoever calls leave() lets go
 * for the holder.
 */
export class GreenMutex {
  #holder: Holder | undefined;
  #depth = 0;
  readonly #waiters: Waiter[] = [];

  get holder(): Holder | undefined {
    return this.#holder;
  }

  /** From now on until leave(), the caller is alone. @throws {@link GreenifyError} `ERR_GREENIFY_BUSY` */
  enter(what: string): void {
    const me = running();
    if (this.#holder !== undefined && this.#holder !== me) {
      this.#wait(me, what);
    } else {
      this.#holder = me;
      this.#depth += 1;
    }
  }

  /** As enter(); the loop stack is kept out by green threads only, and else holds it together with who does. */
  join(what: string): void {
    if (typeof this.#holder === 'string' && current() === undefined) this.#depth += 1;
    else this.enter(what);
  }

  /** Calls `turn` as soon as the mutex is `holder`'s, at once where it can be; nobody waits. */
  request(holder: string, turn: () => void): void {
    const mine = this.#holder === holder && this.#waiters.length === 0;
    if (this.#holder !== undefined && !mine) {
      this.#waiters.push({ holder, resume: turn });
      return;
    }
    this.#holder = holder;
    this.#depth += 1;
    turn();
  }

  /** From now on `holder` holds it in the place of who did. */
  pass(holder: Holder): void {
    this.#holder = holder;
  }

  leave(): void {
    this.#depth -= 1;
    if (this.#depth === 0) this.#handOver();
  }

  #wait(me: Holder, what: string): void {
    if (typeof me === 'string') throw busy(what, this.#holder);
    let waiter: Waiter | undefined;
    const turn = new Promise<void>((resume) => {
      waiter = { holder: me, resume };
      this.#waiters.push(waiter);
    });
    try {
      await_(turn);
    } catch (reason) {
      const place = this.#waiters.findIndex((other) => other === waiter);
      if (place >= 0) this.#waiters.splice(place, 1);
      else this.leave(); // it had been handed over already
      throw reason;
    }
  }

  #handOver(): void {
    const next = this.#waiters.shift();
    this.#holder = next?.holder;
    this.#depth = next === undefined ? 0 : 1;
    next?.resume();
  }
}

function busy(what: string, holder: Holder | undefined): GreenifyError {
  const name = typeof holder === 'object' ? `green thread "${holder.name}"` : 'other code';
  return new GreenifyError(
    'ERR_GREENIFY_BUSY',
    `${what}() was called on the event loop's own stack while ${name} is in a call on the same object. ` +
      'Call it in a green thread (spawn or async_), where it waits for its turn, or use another connection.',
  );
}
