import { greenWait, plainWait } from '../stdlib/atomics';
import { isGreen } from '../thread';
import { callerOf } from './caller';

type IsOwn = (file: string) => boolean;

const scopes = new Set<IsOwn>();

/** `Atomics` is a global, so it is the caller that tells whether it is to be green. */
function scopedWait(...args: Parameters<typeof Atomics.wait>): ReturnType<typeof Atomics.wait> {
  if (!isGreen()) return plainWait(...args);
  const file = callerOf(scopedWait);
  return [...scopes].some((isOwn) => isOwn(file)) ? greenWait(...args) : plainWait(...args);
}

/** Makes `Atomics.wait` green for the files of a scope; it is the plain one for all others. */
export function scopeAtomics(isOwn: IsOwn): void {
  scopes.add(isOwn);
  if (Atomics.wait === plainWait) Atomics.wait = scopedWait as typeof Atomics.wait;
}
