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
  typed(learn);
  known = true;
}

/** Makes the calls of Node's own functions green in every green thread. */
export function enableNodeCalls(): void {
  prepareNodeCalls();
  native.askForAll();
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/** Runs `fn` with the calls of Node's own functions green; in a green thread. */
function asking<T>(fn: () => T): T {
  native.enterAsked();
  try {
    return fn();
  } finally {
    native.leaveAsked();
  }
}

/** `fn`, a function of Node's own, with what it calls green where a green thread calls it. */
export function withNodeCalls(fn: AnyFunction): AnyFunction {
  return likeOriginal(fn, function (this: unknown, ...args: unknown[]): unknown {
    const call = (): unknown => Reflect.apply(fn, this, args);
    if (native.index() < 0) return call();
    prepareNodeCalls();
    return asking(call);
  });
}

/** Needs a green thread, and does not leave it. */
function learn(): void {
  const learning = (): void => asking(() => native.learnFileCalls());
  if (native.index() >= 0) learning();
  else native.spawn({}, learning, true);
}
