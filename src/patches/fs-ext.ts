import type { PackagePatch } from './patch';

export const patch: PackagePatch = {
  name: 'fs-ext',
  versions: '^2.0.0',
  families: ['file'],
  why:
    'flockSync() waits in flock(2), whose locks belong to the open file and not to a thread: redirection is all it ' +
    'needs. seekSync() and fcntlSync() never wait, and what takes a callback runs on the pool of libuv.',
};
