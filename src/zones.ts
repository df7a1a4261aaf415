import Module from 'node:module';
import { Script } from 'node:vm';

import { native } from './native';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Gives `wrapper` the name and length of what it wraps. */
function like(fn: Method, wrapper: Method): Method {
  Object.defineProperty(wrapper, 'name', { value: fn.name, configurable: true });
  Object.defineProperty(wrapper, 'length', { value: fn.length, configurable: true });
  return wrapper;
}

/** Runs `call` with nothing suspended while it does so in a green thread: waits in it really block. */
export function runWithoutYield<T>(call: () => T): T {
  if (native.index() < 0) return call();
  native.enterNoYield();
  try {
    return call();
  } finally {
    native.leaveNoYield();
  }
}

/** `fn`, run so where its arguments ask for it. */
function withoutYield(fn: Method, applies: (args: unknown[]) => boolean): Method {
  return like(fn, function (this: unknown, ...args: unknown[]): unknown {
    const call = (): unknown => Reflect.apply(fn, this, args);
    return applies(args) ? runWithoutYield(call) : call();
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

interface Loader {
  _resolveFilename: Method;
  prototype: object;
}

/**
 * Guards `require`, once the reads it is made of could be suspended: Node keeps what it has found out about files,
 * and how deep in `require` it is, for whoever runs. The code of a module is not guarded: it may wait.
 */
export function guardRequire(): void {
  const loader = Module as unknown as Loader;
  replace(loader, '_resolveFilename', (fn) => withoutYield(fn, () => true));
  const loading = new WeakSet<object>();
  replace(loader.prototype, 'load', (fn) => {
    const load = withoutYield(fn, () => true);
    return like(fn, function (this: unknown, ...args: unknown[]): unknown {
      if (native.index() < 0) return Reflect.apply(fn, this, args);
      const module = this as object;
      loading.add(module);
      try {
        return Reflect.apply(load, module, args);
      } finally {
        loading.delete(module);
      }
    });
  });
  replace(loader.prototype, '_compile', (fn) =>
    like(fn, function (this: unknown, ...args: unknown[]): unknown {
      if (!loading.has(this as object)) return Reflect.apply(fn, this, args);
      native.leaveNoYield();
      try {
        return Reflect.apply(fn, this, args);
      } finally {
        native.enterNoYield();
      }
    }),
  );
}
