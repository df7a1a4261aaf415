import type { PackagePatch } from './patch';

export const patch: PackagePatch = {
  name: 'libpq',
  versions: '^1.8.0',
  families: ['socket'],
  serialise: [
    {
      methods: [
        'clear',
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
        'isBusy',
        'notifies',
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
  why:
    'libpq lets one thread at a time use a connection: a second query while one waits would read the answer of ' +
    'the first, and finish() frees memory that the waiting call returns to.',
};
