import { Script } from 'node:vm';

import { likeOriginal } from './functions';
import { native } from './native';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** `fn`, with nothing suspended while it runs in a green thread: waits in it really block. */
function withoutYield(fn: Method, applies: (args: unknown[]) => boolean): Method {
  return likeOriginal(fn, function (this: unknown, ...args: unknown[]): unknown {
    if (native.index() < 0 || !applies(args)) return Reflect.apply(fn, this, args);
    native.enterNoYield();
    try {
      return Reflect.apply(fn, this, args);
    } finally {
      native.leaveNoYield();
    }
  });
}

function hasTimeout(options: unknown): boolean {
  return (
    typeof options === 'object' &&
    options !== null &&
    (options as { timeout?: unknown }).timeout !== undefined
  );
}

function replace(owner: object, key: string, make: (fn: Method) => Method): void {
  const methods = owner as Record<string, Method>;
  const fn = methods[key];
  if (fn === undefined) return;
  Object.defineProperty(owner, key, {
    value: make(fn),
    writable: true,
    configurable: true,
    enumerable: true,
  });
}

/**
 * Guards the two parts of JavaScript in which a suspended stack would break V8's or Node's bookkeeping, each of
 * which belongs to whoever runs: the watchdog of a `vm` timeout, and WebAssembly's promise integration.
 */
export function guardZones(): void {
  const timed = (fn: Method): Method => withoutYield(fn, (args) => args.some(hasTimeout));
  for (const key of ['runInContext', 'runInThisContext', 'runInNewContext'])
    replace(Script.prototype, key, timed);
  const { WebAssembly } = globalThis as { WebAssembly?: object }; // absent with --jitless
  if (WebAssembly === undefined) return;
  replace(
    WebAssembly,
    'promising',
    (promising) =>
      function (this: unknown, ...args: unknown[]) {
        return withoutYield(Reflect.apply(promising, this, args) as Method, () => true);
      },
  );
}
