import { typed } from '../errors';
import { native } from '../native';

let enabled = false;

/**
 * Tells apart the calls of the node executable that may be suspended, once its slots are redirected.
 *
 * @throws {GreenifyError} `ERR_GREENIFY_UNSUPPORTED_NODE`
 * Thread: loop.
 */
export function enableNodeCalls(): void {
  if (enabled) return;
  typed(inGreenThread(() => native.learnFileCalls()));
  enabled = true;
}

/** `fn`, to be run in a green thread, which it must not leave; throws what it throws. */
function inGreenThread(fn: () => void): () => void {
  if (native.index() >= 0) return fn;
  return () => {
    let failure: { reason: unknown } | undefined;
    native.spawn(
      {},
      () => {
        try {
          fn();
        } catch (reason) {
          failure = { reason };
        }
      },
      false,
    );
    if (failure !== undefined) throw failure.reason;
  };
}
