// What the programs of each family are made of. step() adds an operation that ends by itself within
// a few milliseconds, exchange() one that somebody else ends. An operation that takes `longMs` has
// waited: more in families where processes are started or looked up meanwhile. Where a family is
// `alone`, no two of its programs may run side by side.
import { constants } from 'node:os';
import { descriptors, multiplexing, sockets } from './descriptors.mjs';
import { c11, locks, semaphores } from './locks.mjs';
import { anyChild, children, foreignLocks } from './processes.mjs';
import { files, names } from './resources.mjs';
import { streams } from './streams.mjs';
import { barriers, commands, signals, sizes } from './waits.mjs';

export const families = {
  sockets,
  multiplexing,
  descriptors,
  files,
  streams,
  locks,
  c11,
  semaphores,
  children,
  anyChild,
  foreignLocks,
  names,
  sizes,
  commands,
  barriers,
  signals,
};

/** What an error number is called. */
export function errnoName(number) {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `${number}`;
}
