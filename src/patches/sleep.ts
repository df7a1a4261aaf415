import type { PackagePatch } from './patch';

export const patch: PackagePatch = {
  name: 'sleep',
  versions: '^5.0.0 || ^6.0.0',
  families: ['sleep'],
  why: 'sleep(), msleep() and usleep() wait in usleep(3); they share nothing, so redirection is all they need.',
};
