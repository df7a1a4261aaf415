// What the operations of random programs choose from.

/** That an operation has; those that are not given are 0. */
export const ARGUMENTS = 6;

export const PATIENCE_MS = 3; // of what is to time out
export const CERTAIN_MS = 5000; // of what somebody ends

export const slot = (random) => random.below(8);
export const size = (random) => random.pick([0, 1, 10, 100, 1000, 4000]);
export const seed = (random) => random.below(256);
/** Where an inotify descriptor is, and nothing else. */
export const NOTICES = 12;
/** Bits: any of eight, and the inotify descriptor. */
export const slots = (random) => random.below(256) | (random.below(2) << NOTICES);
/** MSG_DONTWAIT, PEEK, WAITALL, TRUNC, NOSIGNAL, OOB, WAITFORONE: bits, seldom many. */
export const receiveFlags = (random) => random.pick([0, 0, 0, 0, 1, 2, 4, 4, 8, 3, 5, 6, 10, 32]);
export const sendFlags = (random) => random.pick([16, 16, 16, 17, 48]);

// flock(2), fcntl(2) as test/fixtures/addons/programs/files.c counts them, lockf(3)
export const [LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN] = [1, 2, 4, 8];
export const [F_WRLCK, F_UNLCK] = [1, 2];
export const F_LOCK = 1;
