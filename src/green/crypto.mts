import green from './crypto.js';

export * from 'node:crypto';
export default green;
export const {
  checkPrimeSync,
  diffieHellman,
  generateKeyPairSync,
  generateKeySync,
  generatePrimeSync,
  hkdfSync,
  pbkdf2Sync,
  randomFillSync,
  scryptSync,
  sign,
  verify,
} = green;
/** Of newer versions of Node; undefined where Node has none. */
export const { argon2Sync, decapsulate, encapsulate } = green as unknown as Record<
  'argon2Sync' | 'decapsulate' | 'encapsulate',
  (...args: unknown[]) => unknown
>;
