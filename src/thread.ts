import { activate } from './activate';
import { GreenifyError, invalidArgument, typed } from './errors';
import { native, Outcome } from './native';
import { beginTraced, endTraced, isTracing } from './trace';
import { isObject } from './values';
import { warn } from './warning';

/** Where a green thread is in its life. */
export type ThreadState = 'running' | 'waiting' | 'fulfilled' | 'rejected';

/** Why a wait of a cancelled thread ends, when `cancel` was given no reason. */
export class CancelledError extends GreenifyError {
  constructor() {
    super('ERR_GREENIFY_CANCELLED', 'the green thread was cancelled while it waited');
  }
}

let threadsSoFar = 0;

/** A promise, and how it is settled. */
class Deferred<T> {
  resolve!: (value: unknown) => void;
  reject!: (reason: unknown) => void;
  readonly promise = new Promise<unknown>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  }) as Promise<T>;
}

/** @internal A call that a thread makes. */
export interface Callback {
  run(): void;
}

/**
 * A function that runs on a stack of its own and can wait without stopping the event loop. Made by
 * {@link spawn}; await it for its result. It is also its own async resource: `executionAsyncResource()` inside it.
 *
 * What the function throws rejects the thread, which is an unhandled rejection when nobody looks.
 */
export class GreenThread<T = unknown> implements Promise<Awaited<T>> {
  readonly [Symbol.toStringTag] = 'GreenThread';
  /** Unique in this environment, counted from 1. */
  readonly id: number = ++threadsSoFar;
  #name: string | (() => string);
  #state: ThreadState = 'running';
  #index = -1;
  #cancellation: unknown;
  #deferred: Deferred<Awaited<T>> | undefined;
  #callback: Callback | undefined;

  /**
   * @internal Use {@link spawn}. A name that costs something is made when somebody asks for it. `callback`: what
   * `runCallback` runs.
   */
  constructor(name: string | (() => string), callback?: Callback) {
    this.#name = name;
    this.#callback = callback;
  }

  /** Made when it is asked for: nobody asks for the results of a server's many callbacks. */
  #result(): Deferred<Awaited<T>> {
    if (this.#deferred !== undefined) return this.#deferred;
    this.#deferred = new Deferred();
    if (this.#state === 'fulfilled') this.#deferred.resolve(undefined); // of a callback
    return this.#deferred;
  }

  /** For people; settable. At first the name of the function. */
  get name(): string {
    return typeof this.#name === 'string' ? this.#name : this.#name();
  }

  set name(name: string) {
    this.#name = name;
  }

  /** `running`, `waiting`, `fulfilled` or `rejected`. */
  get state(): ThreadState {
    if (this.#state !== 'running') return this.#state;
    return current() === this ? 'running' : 'waiting';
  }

  /**
   * Ends what the thread waits for, or else the next thing it waits for, once; the first of several cancellations counts: `await_` and `sleep` throw `reason`; a
   * C call fails with `ECANCELED` (sleeping ones with `EINTR`). A call on an offload thread goes on to its end, and so
   * does a wait for a lock. No effect on a thread that has ended.
   *
   * @param reason what is thrown; a {@link CancelledError} unless given
   */
  cancel(reason: unknown = new CancelledError()): void {
    if (this.#index < 0) return;
    if (native.cancel(this.#index)) this.#cancellation = reason;
  }

  then<R = Awaited<T>, E = never>(
    onFulfilled?: ((value: Awaited<T>) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#result().promise.then(onFulfilled, onRejected);
  }

  catch<E = never>(
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<Awaited<T> | E> {
    return this.#result().promise.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<Awaited<T>> {
    return this.#result().promise.finally(onFinally);
  }

  /** @internal The whole life of the thread, on its own stack. Never throws. */
  run(body: () => T): void {
    const traced = this.#begin();
    const result = this.#result();
    try {
      const value: unknown = body();
      if (value === this) throw new TypeError('a green thread cannot have itself as its result');
      if (isThenable(value)) this.#follow(value);
      else this.#state = 'fulfilled';
      result.resolve(value);
    } catch (reason) {
      this.#state = 'rejected';
      result.reject(reason);
    } finally {
      this.#end(traced);
    }
  }

  /**
   * @internal The life of a callback's thread. What the callback throws passes (caught and thrown again, it would
   * lose its place in the source): it belongs to the caller, or is uncaught. The thread is fulfilled with nothing.
   */
  runCallback(): void {
    const traced = this.#begin();
    try {
      this.#callback?.run();
    } finally {
      this.#callback = undefined; // a server's request, which may be large
      this.#state = 'fulfilled';
      this.#deferred?.resolve(undefined);
      this.#end(traced);
    }
  }

  #begin(): number | undefined {
    this.#index = native.index();
    return isTracing() ? beginTraced(this) : undefined;
  }

  #end(traced: number | undefined): void {
    this.#index = -1;
    if (traced !== undefined) endTraced(traced);
  }

  /** The body has returned a promise: the thread ends as it does. */
  #follow(promise: PromiseLike<unknown>): void {
    warnAboutAsyncBody(this.name);
    Promise.resolve(promise).then(
      () => (this.#state = 'fulfilled'),
      () => (this.#state = 'rejected'),
    );
  }

  /** @internal Why its wait was cancelled. */
  get cancellation(): unknown {
    return this.#cancellation;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isObject(value) && typeof (value as { then?: unknown }).then === 'function';
}

let warned = false;

function warnAboutAsyncBody(name: string): void {
  if (warned) return;
  warned = true;
  warn(
    'GREENIFY_ASYNC_BODY',
    `green thread "${name}" runs a function that returns a promise: what comes after its first await is ` +
      'not green. Use await_(promise) instead of await inside green threads.',
  );
}

/**
 * Runs `fn(...args)` as a green thread: at once, up to its first wait. Never throws what `fn` throws.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_THREAD_LIMIT` when there is no memory for another stack,
 *   `ERR_GREENIFY_UNSUPPORTED_NODE` when this build of Node cannot have green threads
 * @throws {TypeError} `fn` is not a function
 * Thread: loop, on the loop stack or in a green thread. Source: gevent.spawn, greenletio.
 */
export function spawn<A extends unknown[], T>(fn: (...args: A) => T, ...args: A): GreenThread<T> {
  return start(fn, undefined, args);
}

/** @internal `spawn` with a `this`. */
export function start<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => T,
  self: This,
  args: A,
): GreenThread<T> {
  if (typeof fn !== 'function') {
    throw invalidArgument(`a green thread runs a function, not ${describe(fn)}`);
  }
  activate();
  const thread = new GreenThread<T>(fn.name || 'anonymous');
  const body = (): void => thread.run(() => Reflect.apply(fn, self, args));
  typed(() => native.spawn(thread, body, false));
  return thread;
}

/** @internal For error messages. */
export function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
}

/** The green thread that runs now, or `undefined` outside one. Thread: any with a loop. Source: gevent.getcurrent. */
export function current(): GreenThread | undefined {
  return native.current() as GreenThread | undefined;
}

/** Whether this code runs in a green thread. Thread: any with a loop. */
export function isGreen(): boolean {
  return native.index() >= 0;
}

/**
 * Waits `milliseconds` (fractions count; 0 lets others run once): in a green thread without stopping the event
 * loop, elsewhere for real, as any blocking call.
 *
 * @throws {TypeError} not a number; {RangeError} negative or NaN; the reason, when the thread is cancelled
 * Source: gevent.sleep.
 */
export function sleep(milliseconds: number): void {
  if (typeof milliseconds !== 'number') {
    throw invalidArgument(`sleep() takes milliseconds as a number, not ${describe(milliseconds)}`);
  }
  if (!(milliseconds >= 0)) throw new RangeError(`sleep() cannot wait ${milliseconds} ms`);
  if (native.sleep(milliseconds) === Outcome.Cancelled) throw current()?.cancellation;
}
