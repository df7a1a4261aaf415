import { AsyncResource } from 'node:async_hooks';
import { EventEmitter } from 'node:events';

import { runWithoutYield } from '../zones';
import { GreenMutex, type Holder, running } from './mutex';
import type { PackagePatch } from './patch';
import { holderOf } from './prototype';

type Method = (this: unknown, ...args: unknown[]) => unknown;
type Methods = Record<string, Method | undefined>;
type WriteTxn = object | null | undefined;

/** What a batch of asynchronous writes says while it goes on, and when it is done. */
type BatchStatus = (status: number) => unknown;

interface Env {
  writeTxn: WriteTxn;
  startWriting(instructions: number, onStatus: BatchStatus): void;
  close(): void;
}

/** lmdb's src/writer.cpp, write_progress(): its transaction is visible, its callbacks are to run. */
const PROGRESS = [1, 2];

/**
 * The write side of one environment. lmdb keeps whether a write transaction is open in a variable of its module:
 * whoever writes then writes in that transaction. So a green thread that waits inside of one keeps others out.
 *
 * A batch of asynchronous writes runs on a thread of libuv's pool, with a native object that a synchronous
 * transaction uses while it waits for its turn, and that is deleted on the loop when the batch has ended: a green
 * thread does not begin before that.
 */
class WriteSide {
  readonly #mutex = new GreenMutex();
  #txn: WriteTxn;
  #opener: Holder;
  /** The transaction goes on although the call that began it has returned. */
  #lingers = true;

  /** Of an environment whose first transaction, `txn`, has just been opened. */
  constructor(txn: WriteTxn) {
    this.#mutex.enter('transactionSync');
    this.#txn = txn;
    this.#opener = running();
  }

  /** The transaction that is open, for its opener. All others read what is committed. */
  get writeTxn(): WriteTxn {
    return this.isMine() ? this.#txn : null;
  }

  set writeTxn(txn: WriteTxn) {
    this.#txn = txn;
    this.#opener = running();
    if (txn || !this.#lingers) return;
    this.#lingers = false;
    this.#mutex.leave();
  }

  isMine(): boolean {
    return Boolean(this.#txn) && this.#opener === running();
  }

  isAnothers(): boolean {
    if (this.#txn) return this.#opener !== running();
    const { holder } = this.#mutex;
    return typeof holder === 'object' && holder !== running();
  }

  /** Runs what opens a transaction, and maybe closes it, when nobody else is in one. */
  transact<T>(what: string, call: () => T): T {
    this.#mutex.join(what);
    const isInner = Boolean(this.#txn);
    try {
      return call();
    } finally {
      if (isInner || !this.#txn) this.#mutex.leave();
      else this.#linger();
    }
  }

  /** Its callback is asynchronous, so that what it does from now on it does on the loop stack. */
  #linger(): void {
    this.#lingers = true;
    this.#opener = 'loop stack';
    this.#mutex.pass('loop stack');
  }

  /** Runs an asynchronous operation after the transactions of others. */
  async later(call: () => unknown): Promise<unknown> {
    await new Promise<void>((turn) => this.#mutex.request('operation', turn));
    try {
      return call();
    } finally {
      this.#mutex.leave();
    }
  }

  /** Closes the environment when nobody is in it any more. */
  close(close: () => void): void {
    this.#mutex.request('operation', () => {
      try {
        close();
      } finally {
        this.#mutex.leave();
      }
    });
  }

  /** Runs a batch of asynchronous writes, beside other batches. */
  batch(start: (onStatus: BatchStatus) => void, onStatus: BatchStatus): void {
    const whenDone: BatchStatus = (status) => {
      try {
        return onStatus(status);
      } finally {
        if (!PROGRESS.includes(status)) this.#mutex.leave();
      }
    };
    const turn = AsyncResource.bind(() => {
      try {
        start(whenDone);
      } catch (error) {
        this.#mutex.leave();
        throw error;
      }
    });
    this.#mutex.request('batch', turn);
  }
}

function replace(prototype: Methods, names: readonly string[], make: (fn: Method) => Method): void {
  for (const name of names) {
    const fn = prototype[name];
    if (fn === undefined) continue; // this version has no such method
    const wrapper = make(fn);
    Object.defineProperties(wrapper, Object.getOwnPropertyDescriptors(fn));
    prototype[name] = wrapper;
  }
}

function wrapStores(prototype: Methods, side: WriteSide): void {
  replace(prototype, ['transactionSync', 'putSync', 'removeSync'], (fn) => {
    return function (...args) {
      return side.transact(fn.name, () => Reflect.apply(fn, this, args));
    };
  });
  const asynchronous = (fn: Method): Method => {
    return function (...args) {
      const call = (): unknown => Reflect.apply(fn, this, args);
      return side.isAnothers() ? side.later(call) : call();
    };
  };
  replace(
    prototype,
    ['drop', 'clearAsync', 'transaction', 'transactionAsync', 'childTransaction', 'close'],
    asynchronous,
  );
  replace(prototype, ['ifVersion'], (fn) => {
    const operation = asynchronous(fn);
    return function (...args) {
      const isBuilder = args[2] === undefined; // gives an object that calls it again
      return Reflect.apply(isBuilder ? fn : operation, this, args);
    };
  });
  replace(prototype, ['put', 'remove'], (fn) => {
    const operation = asynchronous(fn);
    return function (...args) {
      if (!side.isMine()) return Reflect.apply(operation, this, args);
      // The key lies in a buffer that all environments share, and that the next read writes to: mdb_put() must not
      // be suspended when a large transaction has it write pages to the file.
      return runWithoutYield(() => Reflect.apply(fn, this, args));
    };
  });
}

/**
 * The class of an environment's stores is made by open(), and an ES module that has been loaded does not let it be
 * replaced. But what follows the opening of a transaction, with nothing in between, is that its store emits
 * "begin-transaction".
 */
function onNextEmitter(listener: (emitter: object) => void): void {
  const { prototype } = EventEmitter;
  const emit = Reflect.get(prototype, 'emit') as Method;
  const once: Method = function (...args) {
    Reflect.set(prototype, 'emit', emit);
    listener(this as object);
    return Reflect.apply(emit, this, args);
  };
  Reflect.set(prototype, 'emit', once);
}

/** An environment's first transaction is that of the constructor of its first store. */
function onFirstTransaction(env: Env, txn: WriteTxn): void {
  const side = new WriteSide(txn);
  const start = env.startWriting.bind(env);
  const close = env.close.bind(env);
  Object.defineProperties(env, {
    writeTxn: {
      get: () => side.writeTxn,
      set: (value: WriteTxn) => {
        side.writeTxn = value;
      },
    },
    startWriting: {
      value: (instructions: number, onStatus: BatchStatus) => {
        side.batch((whenDone) => start(instructions, whenDone), onStatus);
      },
    },
    close: { value: () => side.close(close) },
  });
  onNextEmitter((store) => {
    const prototype = holderOf(store, 'transactionSync');
    if (prototype) wrapStores(prototype as Methods, side);
  });
}

function wrapEnvs(exports: unknown): void {
  const { prototype } = (exports as { Env: { prototype: Env } }).Env;
  Object.defineProperty(prototype, 'writeTxn', {
    set(this: Env, txn: WriteTxn) {
      if (txn) onFirstTransaction(this, txn);
    },
    configurable: true,
  });
}

const shared: Omit<PackagePatch, 'name'> = {
  versions: '^3.5.0',
  families: ['lock', 'file', 'sleep'],
  wrap: wrapEnvs,
  why:
    'An environment has one write transaction, in which all of the process writes while it is open: green threads ' +
    'wait for their turn, asynchronous writes go on after it, and others read what is committed.',
};

/** What both its ES module and its CommonJS one use is the addon, which lies in a package for each platform. */
const ofPlatform = {
  files: [`node.abi${process.versions.modules}.glibc.node`, 'node.napi.glibc.node'],
  why: 'It is the addon of lmdb, whose native classes are what its patch changes.',
};

export const patches: readonly PackagePatch[] = [
  { ...shared, name: 'lmdb', files: ['build/Release/lmdb.node'] },
  { ...shared, ...ofPlatform, name: '@lmdb/lmdb-linux-x64' },
  { ...shared, ...ofPlatform, name: '@lmdb/lmdb-linux-arm64' },
];
