// What a step of a soak came to.
import { isDeepStrictEqual } from 'node:util';
import { await_ } from 'greenify';

/** An answer that is not the right one. */
export class WrongResult extends Error {}

/** A peer went away, which is what some of them are for. */
export class Vanished extends Error {}

/** Throws unless a result is the right one. */
export function check(actual, right) {
  if (isDeepStrictEqual(actual, right)) return;
  throw new WrongResult(`${JSON.stringify(actual)} instead of ${JSON.stringify(right)}`);
}

/** The message of what `call` throws, or what it gives. */
export function told(call) {
  try {
    return call();
  } catch (error) {
    return error.message;
  }
}

/** What a thread gives that uses what its starter will close: it ends before a cancellation of the starter counts. */
export function join(thread) {
  try {
    return await_(thread);
  } catch (error) {
    if (error.code === 'ERR_GREENIFY_CANCELLED') await_(thread);
    throw error;
  }
}

/** What `call` gives; an error whose message matches means that the peer has vanished. */
export function orVanished(pattern, call) {
  try {
    return call();
  } catch (error) {
    if (!pattern.test(error.message)) throw error;
    throw new Vanished(error.message, { cause: error });
  }
}
