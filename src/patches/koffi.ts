import type { PackagePatch } from './patch';

export const patch: PackagePatch = {
  name: 'koffi',
  versions: '^2.15.6 || ^3.3.4',
  families: ['socket', 'sleep'],
  why:
    'Every synchronous call runs on one stack of koffi’s own, from the same top, and the state of calls is kept ' +
    'last in, first out. The native part knows koffi’s object by what it exports and gives each green thread that ' +
    'waits in a call a stack and a state of its own (native/addon/koffi_stack.cc). A koffi whose memory is not ' +
    'found really blocks, and is counted.',
};
