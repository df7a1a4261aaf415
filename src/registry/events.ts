import { channel } from 'node:diagnostics_channel';

/** What has made an object green; `loading`: it was loaded after somebody had asked for it. */
export type Asker = 'monkeyPatch' | 'importPatched' | 'patchLib' | 'loading';

/** Kept here: Node forgets channels that nobody holds. */
const patchChannel = channel('greenify:patch');

export function hasPatchSubscribers(): boolean {
  return patchChannel.hasSubscribers;
}

/** Tells the subscribers of `greenify:patch`; `message` is called only when there are any. */
export function publishPatch(message: () => object): void {
  if (patchChannel.hasSubscribers) patchChannel.publish(message());
}
