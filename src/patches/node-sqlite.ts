import type { PackagePatch } from './patch';
import { prototypeOf, serialiseMade, serialiseMethod } from './sqlite';

const iterators = { by: 'iterate', methods: ['next', 'return'] };

export const patch: PackagePatch = {
  name: 'node:sqlite',
  versions: '>=22.5.0',
  families: ['sleep'],
  serialise: [
    {
      class: 'DatabaseSync',
      methods: [
        'aggregate',
        'applyChangeset',
        'close',
        'createSession',
        'createTagStore',
        'deserialize',
        'enableDefensive',
        'enableLoadExtension',
        'exec',
        'function',
        'loadExtension',
        'open',
        'prepare',
        'serialize',
        'setAuthorizer',
      ],
    },
  ],
  wrap(exports) {
    const { DatabaseSync } = exports as { DatabaseSync: unknown };
    const prototype = prototypeOf(DatabaseSync);
    serialiseMade(prototype, {
      by: 'prepare',
      methods: ['all', 'close', 'columns', 'get', 'iterate', 'run'],
      makes: [iterators],
    });
    serialiseMade(prototype, {
      by: 'createSession',
      methods: ['changeset', 'close', 'patchset', Symbol.dispose],
    });
    serialiseMethod(prototype, Symbol.dispose);
    serialiseMade(prototype, {
      by: 'createTagStore',
      methods: ['all', 'clear', 'get', 'iterate', 'run'],
      makes: [iterators],
    });
    return exports;
  },
  why:
    'SQLite’s mutexes belong to the kernel thread, which green threads share: while one waits in the middle of a ' +
    'statement, others that use the same connection wait for their turn.',
};
