import { await_ } from '../await';
import { likeOriginal } from '../functions';
import { native } from '../native';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- functions of Node's, of any signature
export type AnyFunction = (this: any, ...args: any[]) => any;

/** What a module exports, as far as it is functions. */
export type Functions = Record<string, AnyFunction | undefined>;

/** How a synchronous function of Node's has its work done off the loop thread. */
export interface Twin {
  /** The same function with a callback behind its arguments. */
  asynchronous: AnyFunction;
  /** How many arguments go before the callback. */
  arity: number;
  /** What the arguments are for the function with a callback; the same unless told. */
  complete?: ((args: readonly unknown[]) => readonly unknown[]) | undefined;
  /** Arguments for which the plain call is made: it ends at once, with a result or an error. */
  isQuick?: ((args: readonly unknown[]) => boolean) | undefined;
  /** The result, where the callback gets more than one value. */
  result?: ((...values: unknown[]) => unknown) | undefined;
  /** Whether the callback gets the very error that `synchronous` throws. */
  hasSameErrors: boolean;
}

/** Of work that is done. An error that is not exact is what the plain call would throw, in other words. */
type Outcome = { value: unknown } | { error: unknown; isExact: boolean };

/** Exactly `arity` arguments: behind fewer, a callback would be taken for one of them. */
function argumentsFor({ arity, complete }: Twin, args: readonly unknown[]): unknown[] {
  const completed = complete?.(args) ?? args;
  return Array.from({ length: arity }, (_, index) => completed[index]);
}

function inBackground(self: unknown, args: readonly unknown[], twin: Twin): Promise<Outcome> {
  const { asynchronous, result, hasSameErrors } = twin;
  return new Promise((resolve) => {
    const settle = (error: Error | null | undefined, ...values: unknown[]): void => {
      if (error) resolve({ error, isExact: hasSameErrors });
      else resolve({ value: result ? result(...values) : values[0] });
    };
    try {
      Reflect.apply(asynchronous, self, [...argumentsFor(twin, args), settle]);
    } catch (error) {
      resolve({ error, isExact: false }); // about arguments
    }
  });
}

/**
 * A function with the arguments, results and errors of `synchronous` that, called in a green thread, has its work done
 * on one of Node's own threads while the event loop goes on. Anywhere else it is `synchronous`.
 */
export function offLoop<F extends AnyFunction>(synchronous: F, twin: Twin): F {
  const green = function (this: unknown, ...args: unknown[]): unknown {
    const call = (): unknown => Reflect.apply(synchronous, this, args);
    if (twin.isQuick?.(args) || !native.mayWait()) return call();
    const outcome = await_(inBackground(this, args, twin));
    if ('value' in outcome) return outcome.value;
    if (!outcome.isExact) call();
    throw outcome.error; // also where the plain call does not fail, as arguments have changed meanwhile
  };
  return likeOriginal(synchronous, green) as F;
}
