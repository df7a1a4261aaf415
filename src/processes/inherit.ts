import type { PatchKey } from '../families';
import { hookChildren } from './children';
import { passOn } from './settings';
import { hookWorkers } from './workers';

export { inheritanceReport, type InheritanceReport, type UninheritedSetting } from './settings';

/** Children and workers that are started from now on get `families`; none with undefined. */
export function inherit(families: readonly PatchKey[] | undefined): void {
  passOn(families);
  if (families === undefined) return;
  hookChildren();
  hookWorkers();
}
