import { activate } from './activate';
import { invalidArgument, typed } from './errors';
import { likeOriginal } from './functions';
import { native } from './native';
import { type Callback, describe, GreenThread, isGreen } from './thread';
import { warn } from './warning';

let warned = false;

function warnAboutMemory(error: Error): void {
  if (warned) return;
  warned = true;
  warn('GREENIFY_CALLBACK_NOT_GREEN', `a callback runs outside a green thread: ${error.message}`);
}

/** A call that is made elsewhere than where its result is wanted. */
class Call<This, A extends unknown[], T> implements Callback {
  started = false;

  constructor(
    readonly fn: (this: This, ...args: A) => T,
    readonly self: This,
    readonly args: A,
    public result: T,
  ) {}

  run(): void {
    this.started = true;
    this.result = Reflect.apply(this.fn, this.self, this.args);
  }
}

function runCallback(this: GreenThread): void {
  this.runCallback();
}

/**
 * Runs `fn` as its caller would, but in a green thread: what it returns and throws before its first wait is the
 * caller's; when it waits, the caller gets `whenItWaits`, and what `fn` throws later is an uncaught exception. In a
 * green thread `fn` simply runs. Where no stack is to be had it runs on the loop stack: a server that is short of
 * memory gets slow, and does not end. Thread: loop, after `activate`.
 */
export function callGreen<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => T,
  self: This,
  args: A,
  whenItWaits: T,
  name: string | (() => string),
): T {
  if (isGreen()) return Reflect.apply(fn, self, args);
  const call = new Call(fn, self, args, whenItWaits);
  try {
    native.spawn(new GreenThread<void>(name, call), runCallback, true);
  } catch (error) {
    if (call.started) throw error; // by the callback; the stack of the error says where
    warnAboutMemory(error as Error);
    return Reflect.apply(fn, self, args);
  }
  return call.result;
}

/**
 * Runs a program in a green thread. What it throws, at once or later, is an uncaught exception. Thread: loop.
 */
export function startMain(main: () => void): void {
  activate();
  const thread = new GreenThread<void>('main', { run: main });
  typed(() => native.spawn(thread, runCallback, false));
}

/**
 * A function with the arguments, `this`, name and length of `fn`, to be given to whoever calls back: it runs `fn` in
 * a green thread. It returns what `fn` returns, unless that waits: then `undefined`. What `fn` throws before its
 * first wait is thrown, and later is an uncaught exception. Called in a green thread, it is `fn`.
 *
 * @throws {TypeError} `fn` is not a function
 * Thread: loop.
 */
export function green<This, A extends unknown[], T>(
  fn: (this: This, ...args: A) => T,
): (this: This, ...args: A) => T | undefined {
  if (typeof fn !== 'function') {
    throw invalidArgument(`green() takes a function, not ${describe(fn)}`);
  }
  return likeOriginal(fn, function (this: This, ...args: A): T | undefined {
    activate();
    return callGreen<This, A, T | undefined>(fn, this, args, undefined, fn.name || 'anonymous');
  });
}
