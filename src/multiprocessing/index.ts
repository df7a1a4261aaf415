/** `greenify/multiprocessing`: locks, semaphores, events and queues that processes share. */
export type { WaitOptions } from './deadline';
export { Event } from './event';
export { Lock, RLock } from './lock';
export { EmptyError, FullError, Queue } from './queue';
export { BoundedSemaphore, Semaphore } from './semaphore';
