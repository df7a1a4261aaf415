import type { PackagePatch } from './patch';

/** The package that libsql loads its addon from. */
export const patch: PackagePatch = {
  name: '@libsql/linux-x64-gnu',
  versions: '^0.5.0',
  families: ['sleep'],
  objects: { ownThreadLocals: true },
  why:
    'Calls run in a runtime of tokio, which notes in thread-local storage that the thread is in one, and aborts the ' +
    'process when it comes again: each green thread has such storage of its own.',
};
