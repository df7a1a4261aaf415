import { greenWait, plainWait } from '../stdlib/atomics';
import { isGreen } from '../thread';
import { callingScript } from './caller';
import { instanceOf } from './description';

/** The instances for whose modules `Atomics.wait` is green. */
const scopes = new Set<string>();

/** `Atomics` is a global, so it is the caller that tells whether it is to be green. */
function scopedWait(...args: Parameters<typeof Atomics.wait>): ReturnType<typeof Atomics.wait> {
  if (!isGreen()) return plainWait(...args);
  const instance = instanceOf(callingScript(scopedWait));
  return instance !== undefined && scopes.has(instance) ? greenWait(...args) : plainWait(...args);
}

/** Makes `Atomics.wait` green for the modules of an instance; it is the plain one for all others. */
export function scopeAtomics(instance: string): void {
  scopes.add(instance);
  if (Atomics.wait === plainWait) Atomics.wait = scopedWait as typeof Atomics.wait;
}
