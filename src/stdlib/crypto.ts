import { type AnyFunction, type Functions, offLoop, type Twin } from './off_loop';

/** Filling less than this takes less time than to have it done elsewhere. */
const smallFill = 64 * 1024;

function isSmall(buffer: unknown): boolean {
  const size = (buffer as Partial<ArrayBufferView> | undefined)?.byteLength;
  return size === undefined || size < smallFill;
}

const tookCallback =
  (arity: number) =>
  (args: readonly unknown[]): boolean =>
    args.length > arity;

/** With a callback, options that are undefined are an error. */
const withOptions = ([subject, options = {}]: readonly unknown[]): unknown[] => [subject, options];

/** What Node computes on its own threads too: the function that takes a callback has the name without `Sync`. */
const table: Record<string, Omit<Twin, 'asynchronous' | 'hasSameErrors'>> = {
  argon2Sync: { arity: 2 },
  checkPrimeSync: { arity: 2, complete: withOptions },
  generateKeyPairSync: {
    arity: 2,
    result: (publicKey, privateKey) => ({ publicKey, privateKey }),
  },
  generateKeySync: { arity: 2 },
  generatePrimeSync: { arity: 2, complete: withOptions },
  hkdfSync: { arity: 5 },
  pbkdf2Sync: { arity: 5 },
  randomFillSync: {
    arity: 3,
    complete: ([buffer, offset = 0, size]) => [buffer, offset, size],
    isQuick: ([buffer]) => isSmall(buffer),
  },
  scryptSync: { arity: 4 },
  // One function for both: with a callback it is asynchronous already.
  decapsulate: { arity: 2, isQuick: tookCallback(2) },
  diffieHellman: { arity: 1, isQuick: tookCallback(1) },
  encapsulate: { arity: 1, isQuick: tookCallback(1) },
  sign: { arity: 3, isQuick: tookCallback(3) },
  verify: { arity: 4, isQuick: tookCallback(4) },
};

/** [] where this version of Node has no such function, or none that takes a callback. */
function greenOf(functions: Functions, name: string): [string, AnyFunction][] {
  const row = table[name] as (typeof table)[string];
  const synchronous = functions[name];
  const asynchronous = functions[name.replace(/Sync$/, '')];
  if (synchronous === undefined || asynchronous === undefined) return [];
  if (asynchronous === synchronous && synchronous.length <= row.arity) return [];
  // What goes wrong on Node's threads has no code, or is "Deriving bits failed" only.
  return [[name, offLoop(synchronous, { ...row, asynchronous, hasSameErrors: false })]];
}

export function cryptoFunctions(crypto: Functions): Record<string, AnyFunction> {
  return Object.fromEntries(Object.keys(table).flatMap((name) => greenOf(crypto, name)));
}
