import Module from 'node:module';
import { Script } from 'node:vm';

import { likeOriginal } from './functions';
import { native } from './native';

type Method = (this: unknown, ...args: unknown[]) => unknown;

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
  return likeOriginal(fn, function (this: unknown, ...args: unknown[]): unknown {
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

/** Green threads, by index, that are in a loader of CommonJS modules, and not in a module. */
const loading = new Set<number>();

/**
 * Runs a loader of CommonJS modules. Code that loads a module when it is first needed counts on nobody else running
 * before that is loaded: others would get it half-made. So `require` in a green thread really blocks while it reads
 * files, as it always did; what the module itself does is green.
 */
export function runLoader<T>(load: () => T): T {
  const thread = native.index();
  if (thread < 0 || loading.has(thread)) return load();
  native.enterNoYield();
  loading.add(thread);
  try {
    return load();
  } finally {
    loading.delete(thread);
    native.leaveNoYield();
  }
}

function guardLoading(): void {
  replace(Module, '_resolveFilename', (resolve) => withoutYield(resolve, () => true));
  replace(Module, '_load', (load) =>
    likeOriginal(load, function (this: unknown, ...args: unknown[]): unknown {
      return runLoader(() => Reflect.apply(load, this, args));
    }),
  );
  replace(Module.prototype, '_compile', (compile) =>
    likeOriginal(compile, function (this: unknown, ...args: unknown[]): unknown {
      const thread = native.index();
      if (!loading.delete(thread)) return Reflect.apply(compile, this, args);
      native.leaveNoYield();
      try {
        return Reflect.apply(compile, this, args);
      } finally {
        native.enterNoYield();
        loading.add(thread);
      }
    }),
  );
}

/**
 * Guards the parts of JavaScript in which nothing may be suspended. In two of them that would break V8's or Node's
 * bookkeeping, which belongs to whoever runs: under the watchdog of a `vm` timeout, and in WebAssembly's promise
 * integration. The third is the loader of CommonJS modules.
 */
export function guardZones(): void {
  guardLoading();
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
