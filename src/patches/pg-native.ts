import type { PackagePatch } from './patch';
import { isInUse } from './serialise';

interface Client {
  pq: object;
  _read(): void;
}

const connection = (client: object): object => (client as Client).pq;

export const patch: PackagePatch = {
  name: 'pg-native',
  versions: '^3.0.0',
  families: ['socket'],
  serialise: [
    { methods: ['connectSync', 'querySync', 'prepareSync', 'executeSync', 'end'], connection },
  ],
  wrap(exports) {
    const { prototype } = exports as { prototype: Client };
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it is given
    const { _read: read } = prototype;
    // A client that listens for notifications watches its socket all the time. While a green thread waits in a
    // query, what arrives is that query's.
    prototype._read = function (this: Client): void {
      if (!isInUse(this.pq)) Reflect.apply(read, this, []);
    };
  },
  why:
    'A query and the reading of its result are several calls to libpq: they stay together, and other green ' +
    'threads that use the same client wait for their turn.',
};
