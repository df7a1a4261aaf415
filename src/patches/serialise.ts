import { await_ } from '../await';
import { GreenifyError } from '../errors';
import { current, type GreenThread } from '../thread';
import { isObject } from '../values';
import type { SerialisedMethods } from './patch';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Who holds a mutex: a green thread, or the code of the loop stack. */
type Holder = GreenThread | 'loop stack';

interface Waiter {
  readonly holder: Holder;
  readonly resume: () => void;
}

/**
 * A mutex that green threads wait for in order of arrival, and that its holder may take again. It is handed over to
 * the one that has waited longest, so that nobody who comes later gets in between.
 */
class GreenMutex {
  #holder: Holder | undefined;
  #depth = 0;
  readonly #waiters: Waiter[] = [];

  get holder(): Holder | undefined {
    return this.#holder;
  }

  /** From now on until leave(), the caller is alone. @throws {@link GreenifyError} `ERR_GREENIFY_BUSY` */
  enter(what: string): void {
    const me: Holder = current() ?? 'loop stack';
    if (this.#holder !== undefined && this.#holder !== me) this.#wait(me, what);
    this.#holder = me;
    this.#depth += 1;
  }

  leave(): void {
    this.#depth -= 1;
    if (this.#depth > 0) return;
    if (this.#waiters.length > 0) this.#handOver();
    else this.#holder = undefined;
  }

  #wait(me: Holder, what: string): void {
    if (me === 'loop stack') throw busy(what, this.#holder);
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
      else this.#handOver(); // it had been handed over already
      throw reason;
    }
  }

  #handOver(): void {
    const next = this.#waiters.shift();
    this.#holder = next?.holder;
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

const mutexes = new WeakMap<object, GreenMutex>();

function mutexOf(connection: object): GreenMutex {
  let mutex = mutexes.get(connection);
  if (mutex === undefined) {
    mutex = new GreenMutex();
    mutexes.set(connection, mutex);
  }
  return mutex;
}

/** Whether a green thread other than the current one is in a call on `connection`. */
export function isInUse(connection: object): boolean {
  const holder = mutexes.get(connection)?.holder;
  return typeof holder === 'object' && holder !== current();
}

/**
 * Runs `call` when nobody else is in a call on `connection`: green threads wait for their turn, in order of arrival. What
 * `call` calls may ask for the same connection again.
 *
 * The loop stack gets an error instead of a turn. It cannot wait, and resuming other green threads underneath an
 * unsuspecting call, as is done for locks of C code, would run any part of the program inside it; locks have no
 * other way out, this has: an error that says what to do.
 *
 * @param what the name of the call, for the error
 * @throws {GreenifyError} `ERR_GREENIFY_BUSY` on the loop stack while a green thread is in such a call,
 *   `ERR_GREENIFY_NO_YIELD` in a green thread where nothing may be suspended; the reason of a cancellation
 */
export function oneAtATime<T>(connection: object, what: string, call: () => T): T {
  const mutex = mutexOf(connection);
  mutex.enter(what);
  try {
    return call();
  } finally {
    mutex.leave();
  }
}

const serialised = new WeakSet<Method>();

/**
 * `fn`, run by {@link oneAtATime} for the connection that `connectionOf` tells from its `this` and arguments; as ever where
 * that tells none. `what` is its name in errors.
 */
export function serialise<F extends (...args: never[]) => unknown>(
  fn: F,
  connectionOf: (receiver: unknown, args: unknown[]) => object | undefined,
  what: string = fn.name,
): F {
  if (serialised.has(fn as unknown as Method)) return fn;
  const wrapper: Method = function (this: unknown, ...args) {
    const connection = connectionOf(this, args);
    if (connection === undefined) return Reflect.apply(fn, this, args);
    // As oneAtATime(), but every call of a database driver passes here: without a closure for each.
    const mutex = mutexOf(connection);
    mutex.enter(what);
    try {
      return Reflect.apply(fn, this, args);
    } finally {
      mutex.leave();
    }
  };
  // Its own name and length, and what else is on it.
  Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(fn));
  serialised.add(wrapper);
  return wrapper as unknown as F;
}

function prototypeOf(exports: unknown, entry: SerialisedMethods): object {
  const owner =
    entry.class === undefined ? exports : (exports as Record<string, unknown>)[entry.class];
  const prototype = typeof owner === 'function' ? (owner.prototype as unknown) : undefined;
  if (isObject(prototype)) return prototype;
  throw new TypeError(`${entry.class ?? 'what the package exports'} is not a class`);
}

/** Puts serialised versions in the place of methods. */
export function serialiseMethods(exports: unknown, entry: SerialisedMethods): void {
  const prototype = prototypeOf(exports, entry);
  const connectionOf = (receiver: unknown): object | undefined => {
    if (!isObject(receiver)) return undefined;
    const connection: unknown = entry.connection ? entry.connection(receiver) : receiver;
    return isObject(connection) ? connection : undefined;
  };
  for (const name of entry.methods) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
    if (typeof descriptor?.value !== 'function') continue; // this version has no such method
    const value = serialise(descriptor.value as Method, connectionOf, name);
    Object.defineProperty(prototype, name, { ...descriptor, value });
  }
}
