import { isObject } from '../values';
import { holderOf } from './prototype';
import { oneAtATime, serialise } from './serialise';

/** What the packages for SQLite have in common: a connection, and objects that it makes and that use it. */

type Method = (this: object, ...args: unknown[]) => unknown;
type Prototype = Record<string, Method | undefined>;

/** Objects that a method gives, such as statements: those of their methods that use the connection. */
export interface Made {
  by: string;
  methods: readonly PropertyKey[];
  /** The same for what these objects make, such as iterators. */
  makes?: readonly Made[];
}

/** What a connection has made, and what that has made in turn: the connection. */
const connections = new WeakMap<object, object>();

/** The connection that an object uses: better-sqlite3's say it themselves, also those made before greenify came. */
export function connectionOf(user: object): object {
  return connections.get(user) ?? (user as { database?: object }).database ?? user;
}

/** Puts what `change` makes of a method in its place. */
function replace(holder: object, name: PropertyKey, change: (method: Method) => Method): void {
  const descriptor = Object.getOwnPropertyDescriptor(holder, name);
  if (typeof descriptor?.value !== 'function') return; // this version has no such method
  const method = descriptor.value as Method;
  const changed = change(method);
  if (changed === method) return;
  const { name: shown, length } = method;
  Object.defineProperties(changed, { name: { value: shown }, length: { value: length } });
  Object.defineProperty(holder, name, { ...descriptor, value: changed });
}

/** Has what a method gives changed; `this` of the method is the `receiver`. */
export function changeResult(
  holder: object,
  name: string,
  change: (result: unknown, receiver: object) => unknown,
): void {
  replace(
    holder,
    name,
    (method) =>
      function (this: object, ...args) {
        return change(Reflect.apply(method, this, args), this);
      },
  );
}

function connectionBehind(receiver: unknown): object | undefined {
  return isObject(receiver) ? connectionOf(receiver) : undefined;
}

/** Serialises a method of what uses a connection, or is one. */
export function serialiseMethod(user: object, name: PropertyKey): void {
  const holder = holderOf(user, name);
  if (holder === undefined) return;
  replace(holder, name, (method) => serialise(method, connectionBehind));
}

const prepared = new WeakSet<object>();

/** Serialises the methods of an object that uses a connection; of its whole kind, where it has a prototype. */
function prepare(user: object, { methods, makes = [] }: Made): void {
  const prototype = Object.getPrototypeOf(user) as object;
  const kind = prototype === Object.prototype ? user : prototype;
  if (prepared.has(kind)) return;
  prepared.add(kind);
  for (const name of methods) serialiseMethod(user, name);
  for (const made of makes) serialiseMade(kind, made);
}

/**
 * Serialises what a method of `holder` makes, by the connection that it was made with. The classes of such objects
 * are seen when the first one is made: packages do not export them.
 */
export function serialiseMade(holder: object, made: Made): void {
  changeResult(holder, made.by, (result, maker) => {
    if (!isObject(result)) return result;
    connections.set(result, connectionOf(maker));
    prepare(result, made);
    return result;
  });
}

const variants = ['default', 'deferred', 'immediate', 'exclusive'] as const;

type Transaction = Record<(typeof variants)[number], Method>;

function alone(connection: object, transaction: Method): Method {
  return function sqliteTransaction(this: object, ...args) {
    return oneAtATime(connection, 'transaction', () => Reflect.apply(transaction, this, args));
  };
}

/**
 * Makes `transaction(fn)` of a connection keep the connection from BEGIN to COMMIT: what other green threads do
 * on it meanwhile would become part of the transaction. The functions it gives have each other as properties.
 */
export function serialiseTransactions(prototype: object): void {
  changeResult(prototype, 'transaction', (plain, database) => {
    const green = variants.map((name): [string, Method] => [
      name,
      alone(database, (plain as Transaction)[name]),
    ]);
    const properties: PropertyDescriptorMap = { database: { value: database, enumerable: true } };
    for (const [name, value] of green) properties[name] = { value };
    for (const [, value] of green) Object.defineProperties(value, properties);
    return properties['default']?.value as Method;
  });
}

export function prototypeOf(exports: unknown): Prototype {
  return (exports as { prototype: Prototype }).prototype;
}
