import { decorated, type FieldContext, type MethodContext } from './decorators';
import { GreenifyError, invalidArgument } from './errors';
import { likeOriginal } from './functions';
import { native, Outcome } from './native';
import { current, describe, type GreenThread, start } from './thread';

type AnyFunction<A extends unknown[], T> = (...args: A) => T;

/**
 * In a green thread: the value of a promise, or throws its reason, without stopping the event loop. A thread that
 * waits here does not keep the process alive, as a pending promise does not.
 *
 * Given a function, a synchronous version of it: same arguments and `this`, to be called in green threads. As a
 * decorator it makes that of a method.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_NOT_GREEN` outside a green thread, `ERR_GREENIFY_NO_YIELD` where nothing
 *   may be suspended (destructors, `vm` timeouts …); the promise's reason; the reason of a cancellation
 * Thread: loop, in a green thread. Source: greenletio.await_.
 */
export function await_<F extends AnyFunction<never[], unknown>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<F>,
): TypedPropertyDescriptor<F>;
export function await_(field: undefined, context: FieldContext): <F>(fn: F) => F;
export function await_<A extends unknown[]>(
  method: AnyFunction<A, unknown>,
  context: MethodContext,
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a decorator may not change a method's type
): AnyFunction<A, any>;
export function await_<A extends unknown[], T>(fn: AnyFunction<A, T>): AnyFunction<A, Awaited<T>>;
export function await_<T>(promise: T): Awaited<T>;
export function await_(...args: unknown[]): unknown {
  if (args.length > 1) {
    const replacement = decorated(synchronous, args);
    if (replacement !== undefined) return replacement;
  }
  const [subject] = args;
  return typeof subject === 'function'
    ? synchronous(subject as AnyFunction<unknown[], unknown>)
    : waitFor(subject);
}

function synchronous(fn: AnyFunction<unknown[], unknown>): AnyFunction<unknown[], unknown> {
  return likeOriginal(fn, function (this: unknown, ...args: unknown[]) {
    return waitFor(Reflect.apply(fn, this, args));
  });
}

function greenThread(): GreenThread {
  const thread = current();
  if (thread !== undefined) return thread;
  throw new GreenifyError(
    'ERR_GREENIFY_NOT_GREEN',
    'await_() was called outside a green thread. Start one with spawn(fn), wrap the caller with async_(fn), ' +
      'or use a plain await here.',
  );
}

function waitFor(promise: unknown): unknown {
  const thread = greenThread();
  const index = native.index();
  let settled = false;
  let rejected = false;
  let result: unknown;
  const settle = (value: unknown, failed: boolean): void => {
    if (settled) return;
    settled = true;
    rejected = failed;
    result = value;
    native.unpark(index);
  };
  Promise.resolve(promise).then(
    (value) => settle(value, false),
    (reason: unknown) => settle(reason, true),
  );
  const outcome = native.park();
  if (outcome === Outcome.NoYield) {
    settled = true;
    throw new GreenifyError(
      'ERR_GREENIFY_NO_YIELD',
      'await_() was called where nothing may be suspended (in a destructor, a module constructor, a vm timeout, ' +
        "a WebAssembly promise integration frame, or on a stack that is not the green thread's own).",
    );
  }
  if (outcome === Outcome.Cancelled) {
    settled = true;
    throw thread.cancellation;
  }
  if (rejected) throw result;
  return result;
}

/**
 * A function with the arguments, `this`, name and length of `fn` that runs it in a green thread of its own and
 * returns a promise of its result (the {@link GreenThread} itself). As a decorator it makes that of a method.
 *
 * @throws {TypeError} `fn` is not a function
 * Thread: loop. Source: greenletio.async_.
 */
export function async_<F extends AnyFunction<never[], unknown>>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<F>,
): TypedPropertyDescriptor<F>;
export function async_(field: undefined, context: FieldContext): <F>(fn: F) => F;
export function async_<This, A extends unknown[], T>(
  method: (this: This, ...args: A) => T,
  context: MethodContext,
): (this: This, ...args: A) => GreenThread<T>;
export function async_<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => T,
): (this: This, ...args: A) => GreenThread<T>;
export function async_(...args: unknown[]): unknown {
  return decorated(threaded, args) ?? threaded(args[0] as AnyFunction<unknown[], unknown>);
}

function threaded<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => T,
): (this: This, ...args: A) => GreenThread<T> {
  if (typeof fn !== 'function')
    throw invalidArgument(`async_() takes a function, not ${describe(fn)}`);
  return likeOriginal(fn, function (this: This, ...args: A) {
    return start(fn, this, args);
  });
}
