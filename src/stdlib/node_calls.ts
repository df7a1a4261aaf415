import { activate } from '../activate';
import { typed } from '../errors';
import { likeOriginal } from '../functions';
import { native } from '../native';

let known = false;

/**
 * Redirects the slots of the node executable, and learns which of its calls may be suspended. Nothing is green because
 * of it until somebody asks.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_UNSUPPORTED_NODE`
 * Thread: loop.
 */
function prepareNodeCalls(): void {
  if (known) return;
  activate();
  typed(() => native.enable(['stdlib']));
  typed(inGreenThread(() => native.learnFileCalls()));
  known = true;
}

/** Makes the calls of Node's own functions green in every green thread. */
export function enableNodeCalls(): void {
  prepareNodeCalls();
  native.askForAll();
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** `fn`, a function of Node's own, with what it calls green where a green thread calls it. */
export function withNodeCalls(fn: AnyFunction): AnyFunction {
  return likeOriginal(fn, function (this: unknown, ...args: unknown[]): unknown {
    if (native.index() < 0) return Reflect.apply(fn, this, args);
    prepareNodeCalls();
    native.enterAsked();
    try {
      return Reflect.apply(fn, this, args);
    } finally {
      native.leaveAsked();
    }
  });
}

/** `fn`, to be run in a green thread, which it must not leave; throws what it throws. */
function inGreenThread(fn: () => void): () => void {
  const asking = (): void => {
    native.enterAsked();
    try {
      fn();
    } finally {
      native.leaveAsked();
    }
  };
  if (native.index() >= 0) return asking;
  return () => {
    let failure: { reason: unknown } | undefined;
    const body = (): void => {
      try {
        asking();
      } catch (reason) {
        failure = { reason };
      }
    };
    native.spawn({}, body, false);
    if (failure !== undefined) throw failure.reason;
  };
}
