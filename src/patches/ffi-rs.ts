import type { PackagePatch } from './patch';

export const patch: PackagePatch = {
  name: 'ffi-rs',
  versions: '^1.0.0',
  families: ['socket', 'sleep'],
  why:
    'The library’s functions run on the stack of their caller and come from dlsym(3), which gives the green ' +
    'ones: redirection is all they need.',
};
