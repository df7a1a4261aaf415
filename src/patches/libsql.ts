import type { PackagePatch } from './patch';
import { prototypeOf, serialiseMade, serialiseTransactions } from './sqlite';

export const patch: PackagePatch = {
  name: 'libsql',
  versions: '^0.5.0',
  families: ['sleep'],
  serialise: [
    {
      methods: [
        'authorizer',
        'close',
        'defaultSafeIntegers',
        'exec',
        'loadExtension',
        'maxWriteReplicationIndex',
        'pragma',
        'prepare',
        'sync',
        'syncUntil',
      ],
    },
  ],
  wrap(exports) {
    const prototype = prototypeOf(exports);
    serialiseMade(prototype, {
      by: 'prepare',
      methods: ['all', 'columns', 'get', 'iterate', 'raw', 'run', 'safeIntegers'],
      makes: [{ by: 'iterate', methods: ['next'] }],
    });
    serialiseTransactions(prototype);
    return exports;
  },
  why:
    'A call holds the connection’s lock, a futex(2) of Rust’s, while it waits for a locked database in nanosleep(2): ' +
    'other green threads wait for their turn before they come to it.',
};
