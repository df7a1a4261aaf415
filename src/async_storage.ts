import { AsyncLocalStorage } from 'node:async_hooks';

import { native } from './native';

type Exit = (
  this: AsyncLocalStorage<unknown>,
  callback: (...args: unknown[]) => unknown,
  ...args: unknown[]
) => unknown;

/**
 * Before Node 24, `AsyncLocalStorage#exit` switches the storage off for the whole process until its callback has
 * returned: a wait in there would take everybody's store away. In a green thread it runs the callback with no store
 * instead, which is all that the callback itself can see of it.
 */
export function keepStoresOfOthers(): void {
  const { prototype } = AsyncLocalStorage;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it is given
  const exit = prototype.exit as Exit;
  prototype.exit = function (this: AsyncLocalStorage<unknown>, callback, ...args) {
    if (native.index() < 0) return Reflect.apply(exit, this, [callback, ...args]);
    return this.run(undefined, callback, ...args);
  } as Exit as typeof prototype.exit;
}
