import { existsSync } from 'node:fs';

import { activate } from '../activate';
import { GreenifyError, invalidArgument } from '../errors';
import { describe } from '../thread';
import { newPath } from './directory';

/** What an object is called in other processes. */
export interface Name {
  kind: string;
  path: string;
  /** Of a bounded semaphore, or of a queue. */
  limit?: number;
}

/** The name of a new object. */
export function newName(kind: string, limit?: number): Name {
  activate();
  const name = { kind, path: newPath(kind) };
  return limit === undefined ? name : { ...name, limit };
}

function parse(handle: unknown, kind: string): Name {
  if (typeof handle === 'string' && handle.startsWith('{')) return JSON.parse(handle) as Name;
  const given = typeof handle === 'string' ? 'another string' : describe(handle);
  throw invalidArgument(`${kind}.open() takes the handle of a ${kind}, not ${given}`);
}

/**
 * The name in a handle.
 *
 * @throws {TypeError} it is none of that kind; {GreenifyError} `ERR_GREENIFY_GONE`: there is no such object any more
 */
export function nameIn(handle: unknown, kind: string): Name {
  activate();
  const name = parse(handle, kind);
  if (name.kind !== kind) {
    throw invalidArgument(`${kind}.open() takes the handle of a ${kind}, not of a ${name.kind}`);
  }
  if (existsSync(name.path)) return name;
  throw new GreenifyError(
    'ERR_GREENIFY_GONE',
    `${name.path}: the process that made this ${kind} has ended, or has closed it`,
    { path: name.path },
  );
}

/** @throws {TypeError} no whole number; {RangeError} less than `least` */
export function checkCount(value: unknown, what: string, least: number): void {
  if (typeof value !== 'number')
    throw invalidArgument(`${what} is a number, not ${describe(value)}`);
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${what} is a whole number from ${least} on, not ${value}`);
  }
}
