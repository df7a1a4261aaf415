/**
 * C structures, laid out as x86-64 and AArch64 have them, for calls that take words. What a
 * structure points to is kept as long as the structure is.
 */
import { descriptors } from './ways';

function keeping(structure: Buffer, ...kept: unknown[]): Buffer {
  return Object.assign(structure, { kept });
}

const addressOf = (buffer: Buffer): bigint => BigInt(descriptors.address(buffer));

function longs(...values: (number | bigint)[]): Buffer {
  return Buffer.from(BigInt64Array.from(values, BigInt).buffer);
}

/** struct timespec, or struct timeval: seconds and a fraction. */
export const time = (seconds: number, fraction = 0): Buffer => longs(seconds, fraction);
export const timespec = (ms: number): Buffer => time(Math.floor(ms / 1000), (ms % 1000) * 1e6);
export const timeval = (ms: number): Buffer => time(Math.floor(ms / 1000), (ms % 1000) * 1e3);

/** struct iovec[] */
export const vectors = (...buffers: Buffer[]): Buffer =>
  keeping(longs(...buffers.flatMap((buffer) => [addressOf(buffer), buffer.length])), buffers);

/** An array of pointers. */
export const pointers = (...buffers: Buffer[]): Buffer =>
  keeping(longs(...buffers.map(addressOf)), buffers);

/** struct mmsghdr[], one message for each buffer; 64 bytes each, the length at 56. */
export function messages(...buffers: Buffer[]): Buffer {
  const pieces = buffers.map((buffer) => vectors(buffer));
  const headers = pieces.map((piece) => longs(0, 0, addressOf(piece), 1, 0, 0, 0, 0));
  return keeping(Buffer.concat(headers), pieces);
}

export const messageLengths = (list: Buffer): number[] =>
  Array.from({ length: list.length / 64 }, (_, i) => list.readUInt32LE(64 * i + 56));

/** fd_set of any size; select(2) */
export function descriptorSet(fds: number[], size = 1024): Buffer {
  const set = Buffer.alloc(size / 8);
  for (const fd of fds) set[fd >> 3]! |= 1 << (fd & 7);
  return set;
}

export const members = (set: Buffer, fds: number[]): boolean[] =>
  fds.map((fd) => (set[fd >> 3]! & (1 << (fd & 7))) !== 0);

/** sigset_t: signal 1 is the lowest bit. */
export function signalSet(...signals: number[]): Buffer {
  const set = Buffer.alloc(128);
  for (const signal of signals) set[(signal - 1) >> 3]! |= 1 << ((signal - 1) & 7);
  return set;
}

/** struct flock over the first byte; fcntl(2) */
export function recordLock(type: number): Buffer {
  const lock = Buffer.alloc(32);
  lock.writeInt16LE(type, 0);
  lock.writeBigInt64LE(1n, 16);
  return lock;
}

/** A pointer in a structure. */
export const pointerAt = (structure: Buffer, offset: number): number =>
  Number(structure.readBigInt64LE(offset));

export const text = (pointer: number): string => descriptors.textAt(pointer);

/** A structure at an address. */
export const at = (pointer: number, size: number): Buffer => descriptors.bytesAt(pointer, size);

/** va_list with words behind it, for a function that takes one; System V ABI 3.5.7, AAPCS64 B.4 */
export function vaList(...words: Buffer[]): Buffer {
  const values = longs(...words.map(addressOf));
  const list =
    process.arch === 'x64'
      ? longs(48n | (304n << 32n), addressOf(values), 0)
      : longs(addressOf(values), 0, 0, 0);
  return keeping(list, values, words);
}
