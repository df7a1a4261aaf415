import { GreenMutex } from './mutex';
import type { PackagePatch } from './patch';

interface Txn {
  commit(): void;
  abort(): void;
}

interface Env {
  beginTxn(options?: { readOnly?: boolean }): Txn;
  close(): void;
}

/** Writes of one environment: who has its write transaction, or is about to. */
interface WriteSide {
  readonly mutex: GreenMutex;
  /** Ends the turn of the transaction that is open. */
  release: (() => void) | undefined;
}

const sides = new WeakMap<Env, WriteSide>();
const releases = new WeakMap<Txn, () => void>();
/** A transaction that nobody can end any more is ended by the collector. */
const abandoned = new FinalizationRegistry<() => void>((release) => release());

function sideOf(env: Env): WriteSide {
  let side = sides.get(env);
  if (side === undefined) {
    side = { mutex: new GreenMutex(), release: undefined };
    sides.set(env, side);
  }
  return side;
}

/** Holds the turn for `txn` until it has ended, wherever that is. */
function hold(side: WriteSide, txn: Txn): void {
  const release = (): void => {
    if (side.release !== release) return;
    side.release = undefined;
    side.mutex.leave();
  };
  side.release = release;
  releases.set(txn, release);
  abandoned.register(txn, release);
}

function endsTurn(prototype: Txn, name: 'commit' | 'abort'): void {
  const { [name]: end } = prototype;
  prototype[name] = function (this: Txn): void {
    try {
      Reflect.apply(end, this, []);
    } finally {
      releases.get(this)?.();
    }
  };
}

const wrappedTxns = new WeakSet();

/** The class of transactions is not exported: the first one shows it. */
function wrapTxns(prototype: Txn): void {
  if (wrappedTxns.has(prototype)) return;
  wrappedTxns.add(prototype);
  endsTurn(prototype, 'commit');
  endsTurn(prototype, 'abort');
}

function wrapEnvs(prototype: Env): void {
  const { beginTxn, close } = prototype;
  prototype.beginTxn = function (this: Env, ...args: [{ readOnly?: boolean }?]): Txn {
    if (args[0]?.readOnly) return Reflect.apply(beginTxn, this, args);
    const side = sideOf(this);
    side.mutex.enter('beginTxn');
    try {
      const txn = Reflect.apply(beginTxn, this, args);
      wrapTxns(Object.getPrototypeOf(txn) as Txn);
      hold(side, txn);
      return txn;
    } catch (error) {
      side.mutex.leave();
      throw error;
    }
  };
  // It aborts the transaction that is open.
  prototype.close = function (this: Env): void {
    try {
      Reflect.apply(close, this, []);
    } finally {
      sides.get(this)?.release?.();
    }
  };
}

export const patch: PackagePatch = {
  name: 'node-lmdb',
  versions: '^0.10.0',
  families: ['lock', 'file'],
  wrap(exports) {
    wrapEnvs((exports as { Env: { prototype: Env } }).Env.prototype);
  },
  why:
    'An environment has one write transaction, and a second one is refused with an error: green threads wait for ' +
    'their turn from beginTxn() to commit(), abort() or close().',
};
