import { GreenifyError } from '../errors';
import { runWithoutYield } from '../zones';
import { GreenMutex } from './mutex';
import type { PackagePatch } from './patch';

type Method<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Result;

interface Txn {
  commit: Method<Txn, [], void>;
  abort: Method<Txn, [], void>;
}

interface Env {
  beginTxn: Method<Env, [{ readOnly?: boolean }?], Txn>;
  openDbi: Method<Env, unknown[], unknown>;
  close: Method<Env, [], void>;
}

interface Addon {
  Env: { prototype: Env };
  Cursor: { prototype: object };
}

/** The write side of one environment. */
class WriteSide {
  /** Held from beginTxn() to the end of the transaction. */
  readonly turn = new GreenMutex();
  /** Ends the turn of the transaction that is open. */
  release: (() => void) | undefined;
  isClosed = false;
  #calls = 0;

  get isInCall(): boolean {
    return this.#calls > 0;
  }

  /** Makes a native call that may wait, and that comes back to the environment. */
  call<T>(native: () => T): T {
    this.#calls += 1;
    try {
      return native();
    } finally {
      this.#calls -= 1;
    }
  }

  /** Takes the turn for the transaction that `begin` opens, until it has ended, wherever that is. */
  begin(begin: () => Txn): Txn {
    this.turn.enter('beginTxn');
    try {
      // Closed while it waited: node-lmdb would use what is no longer there.
      if (this.isClosed) throw new Error('The environment is already closed.');
      const txn = this.call(begin);
      this.#hold(txn);
      return txn;
    } catch (error) {
      this.turn.leave();
      throw error;
    }
  }

  #hold(txn: Txn): void {
    const release = (): void => {
      if (this.release !== release) return;
      this.release = undefined;
      this.turn.leave();
    };
    this.release = release;
    held.set(txn, { side: this, release });
    abandoned.register(txn, release);
  }
}

const sides = new WeakMap<Env, WriteSide>();
const held = new WeakMap<Txn, { side: WriteSide; release: () => void }>();
/** A transaction that nobody can end any more is ended by the collector. */
const abandoned = new FinalizationRegistry<() => void>((release) => release());

function sideOf(env: Env): WriteSide {
  let side = sides.get(env);
  if (side === undefined) {
    side = new WriteSide();
    sides.set(env, side);
  }
  return side;
}

/**
 * LMDB writes pages of a very large transaction to the file in the middle of a put, while node-lmdb keeps numbers in
 * variables that all transactions share.
 */
function writeAtOnce(prototype: object): void {
  const methods = prototype as Record<string, Method<unknown, unknown[], unknown>>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const fn = methods[name];
    if (fn === undefined || !/^(put|del)/.test(name)) continue;
    methods[name] = function (...args) {
      return runWithoutYield(() => Reflect.apply(fn, this, args));
    };
  }
}

const wrapped = new WeakSet();

/** The class of transactions is not exported: the first one shows it. */
function wrapTxns(prototype: Txn): void {
  if (wrapped.has(prototype)) return;
  wrapped.add(prototype);
  writeAtOnce(prototype);
  for (const name of ['commit', 'abort'] as const) {
    const end = prototype[name];
    prototype[name] = function () {
      const holding = held.get(this);
      if (holding === undefined) return Reflect.apply(end, this, []);
      try {
        holding.side.call(() => Reflect.apply(end, this, []));
      } finally {
        holding.release();
      }
    };
  }
}

function wrapEnvs(prototype: Env): void {
  const { beginTxn, openDbi, close } = prototype;
  prototype.beginTxn = function (...args) {
    const begin = (): Txn => Reflect.apply(beginTxn, this, args);
    const txn = args[0]?.readOnly ? begin() : sideOf(this).begin(begin);
    wrapTxns(Object.getPrototypeOf(txn) as Txn);
    return txn;
  };
  prototype.openDbi = function (...args) {
    return sideOf(this).call(() => Reflect.apply(openDbi, this, args));
  };
  // It aborts the transaction that is open.
  prototype.close = function () {
    const side = sideOf(this);
    if (side.isInCall) {
      throw new GreenifyError(
        'ERR_GREENIFY_BUSY',
        'close() was called while a green thread is in a call on the same environment: wait for it first.',
      );
    }
    Reflect.apply(close, this, []);
    side.isClosed = true;
    side.release?.();
  };
}

export const patch: PackagePatch = {
  name: 'node-lmdb',
  versions: '^0.10.0',
  families: ['lock', 'file'],
  wrap(exports) {
    const { Env, Cursor } = exports as Addon;
    wrapEnvs(Env.prototype);
    writeAtOnce(Cursor.prototype);
  },
  why:
    'An environment has one write transaction, and a second one is refused with an error: green threads wait for ' +
    'their turn from beginTxn() to commit(), abort() or close().',
};
