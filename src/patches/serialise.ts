import { current } from '../thread';
import { isObject } from '../values';
import { GreenMutex } from './mutex';
import { type Class, replaceMethod } from './prototype';
import type { SerialisedMethods } from './patch';

type Method = (this: unknown, ...args: unknown[]) => unknown;

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

function classOf(exports: unknown, entry: SerialisedMethods): Class {
  const owner =
    entry.class === undefined ? exports : (exports as Record<string, unknown>)[entry.class];
  if (typeof owner === 'function' && isObject(owner.prototype)) return owner as Class;
  throw new TypeError(`${entry.class ?? 'what the package exports'} is not a class`);
}

function serialiseClass(owner: Class, entry: SerialisedMethods): void {
  const connectionOf = (receiver: unknown): object | undefined => {
    if (!isObject(receiver)) return undefined;
    const connection: unknown = entry.connection ? entry.connection(receiver) : receiver;
    return isObject(connection) ? connection : undefined;
  };
  for (const name of entry.methods) {
    replaceMethod(owner, name, (method) => serialise(method, connectionOf, name));
  }
}

/** Puts serialised versions in the place of methods: of all classes that `entries` name, or of none. */
export function serialiseMethods(exports: unknown, entries: readonly SerialisedMethods[]): void {
  const owners = entries.map((entry) => classOf(exports, entry));
  entries.forEach((entry, index) => serialiseClass(owners[index] as Class, entry));
}
