import { executionAsyncResource } from 'node:async_hooks';

/** Held for their shape alone. */
const kept: object[] = [];

/** What it refers to may be large, and somebody's: a callback, its arguments, AsyncLocalStorage's stores. */
function emptied(tick: Record<PropertyKey, unknown>): object {
  for (const key of Reflect.ownKeys(tick)) {
    if (typeof tick[key] !== 'number') tick[key] = undefined;
  }
  return tick;
}

/**
 * Keeps one of the objects that `process.nextTick` queues, and so the hidden class of all of them. Node makes them by
 * a literal with computed names. V8 (up to Node 24) gives up its fast way for such a literal, for good, when the
 * hidden class has changed, as it does when a collection finds none of these objects alive; each tick then takes three times as
 * long, and a request of a server has several. What greenify loads makes an early collection likely. Thread: loop.
 */
export function keepTicksFast(): void {
  process.nextTick(() =>
    kept.push(emptied(executionAsyncResource() as Record<PropertyKey, unknown>)),
  );
}
