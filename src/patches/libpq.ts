import type { PackagePatch } from './patch';

interface Connection {
  finish(): void;
}

/**
 * finish() closes a libuv handle that is part of the native object, and then lets the object be collected although
 * libuv lets go of the handle only at the end of that turn of the loop: the process would abort. Immediates run
 * before handles are closed, so the second one is the first to come after.
 */
function keepUntilClosed(connection: object): void {
  setImmediate(() => {
    setImmediate((kept) => kept, connection).unref();
  }).unref();
}

export const patch: PackagePatch = {
  name: 'libpq',
  versions: '^1.8.0',
  families: ['socket'],
  serialise: [
    {
      methods: [
        'connect',
        'connectSync',
        'consumeInput',
        'describePrepared',
        'enterPipelineMode',
        'exec',
        'execParams',
        'execPrepared',
        'exitPipelineMode',
        'finish',
        'flush',
        'getCopyData',
        'getResult',
        'pipelineSync',
        'prepare',
        'putCopyData',
        'putCopyEnd',
        'sendFlushRequest',
        'sendPrepare',
        'sendQuery',
        'sendQueryParams',
        'sendQueryPrepared',
        'setNonBlocking',
      ],
    },
  ],
  wrap(exports) {
    const { prototype } = exports as { prototype: Connection };
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it is given
    const { finish } = prototype;
    prototype.finish = function (this: Connection): void {
      keepUntilClosed(this);
      Reflect.apply(finish, this, []);
    };
  },
  why:
    'A connection of libpq serves one call at a time: a second query would read the answer of the first, and ' +
    'finish() frees what a waiting call comes back to. cancel() is made for other threads and does not queue.',
};
