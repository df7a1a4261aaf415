import type { PackagePatch } from './patch';
import { serialise } from './serialise';

type CreateClient = (file: string, args: unknown) => (args: unknown) => unknown;

export const patch: PackagePatch = {
  name: 'sync-rpc',
  versions: '^1.3.0',
  families: ['stdlib'],
  wrap(exports) {
    const createClient = exports as CreateClient;
    return serialise(createClient, () => createClient);
  },
  why:
    'The first client starts the server for all, whose port and key two green threads would take from each other: ' +
    'clients are made one after another. Their calls are independent of each other.',
};
