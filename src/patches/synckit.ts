import type { PackagePatch } from './patch';
import { serialise } from './serialise';

type Call = (...args: unknown[]) => unknown;

interface Exports {
  createSyncFn: (...args: unknown[]) => Call;
}

export const patch: PackagePatch = {
  name: 'synckit',
  versions: '^0.12.0',
  families: ['stdlib'],
  files: ['lib/index.cjs', 'lib/index.js'],
  wrap(exports) {
    const target = exports as Exports;
    const { createSyncFn } = target;
    /** synckit gives one function for one worker, as often as it is asked for. */
    const inTurn = new WeakMap<Call, Call>();
    target.createSyncFn = (...args) => {
      const call = createSyncFn(...args);
      if (!inTurn.has(call))
        inTurn.set(
          call,
          serialise(call, () => call, 'createSyncFn()'),
        );
      return inTurn.get(call) as Call;
    };
    return exports;
  },
  why:
    'A call of synckit takes whatever its worker answers next for its own answer: where two green threads call the ' +
    'same function, the second call is made when the first has its answer.',
};
