import crypto from 'node:crypto';
import { original, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { itIsTheSameInGreen, outcomeOf, turnsDuring } from './support';

const { generateKeyPairSync: plainKeys } = crypto;
const { privateKey, publicKey } = plainKeys('rsa', { modulusLength: 1024 });
type Keys = crypto.KeyPairKeyObjectResult;
const keysOfGroup = (group: string): Keys =>
  (plainKeys as unknown as (type: string, options: object) => Keys)('dh', { group });
const signature = crypto.sign('sha256', Buffer.from('text'), privateKey);
const bytes = (length: number): Buffer => Buffer.alloc(length, 7);

/** Named by what they are about; every one is called as it stands, plainly and in a green thread. */
const calls: Record<string, () => unknown> = {
  pbkdf2Sync: () => crypto.pbkdf2Sync('secret', 'salt', 1000, 32, 'sha512'),
  'pbkdf2Sync without a digest': () =>
    Reflect.apply(crypto.pbkdf2Sync, undefined, ['secret', 'salt', 1, 8]),
  'pbkdf2Sync with an unknown digest': () => crypto.pbkdf2Sync('secret', 'salt', 1, 8, 'none'),
  'pbkdf2Sync with no turns': () => crypto.pbkdf2Sync('secret', 'salt', 0, 8, 'sha1'),
  'pbkdf2Sync of a number': () =>
    Reflect.apply(crypto.pbkdf2Sync, undefined, [1, 'salt', 1, 8, 'sha1']),
  scryptSync: () => crypto.scryptSync('secret', 'salt', 16),
  'scryptSync with options': () => crypto.scryptSync('secret', 'salt', 16, { N: 2, r: 1 }),
  'scryptSync beyond its memory': () => crypto.scryptSync('s', 's', 16, { N: 2 ** 20 }),
  hkdfSync: () => crypto.hkdfSync('sha256', 'key', 'salt', 'info', 20),
  'hkdfSync of too much': () => crypto.hkdfSync('sha256', 'key', 'salt', 'info', 10 ** 6),
  'checkPrimeSync of a prime': () => crypto.checkPrimeSync(7919n),
  'checkPrimeSync of a product': () => crypto.checkPrimeSync(7917n, { checks: 3 }),
  'checkPrimeSync of a text': () => Reflect.apply(crypto.checkPrimeSync, undefined, ['7']),
  'generatePrimeSync of a bad size': () => crypto.generatePrimeSync(-1),
  'generateKeyPairSync of an unknown type': () =>
    Reflect.apply(plainKeysNow(), undefined, ['none', {}]),
  'generateKeyPairSync without options': () => Reflect.apply(plainKeysNow(), undefined, ['rsa']),
  'generateKeyPairSync of an unknown curve': () =>
    crypto.generateKeyPairSync('ec', { namedCurve: 'none' }),
  'generateKeySync of a bad length': () => crypto.generateKeySync('aes', { length: 5 }),
  'randomFillSync of a text': () => Reflect.apply(crypto.randomFillSync, undefined, ['text']),
  'randomFillSync beyond the end': () => crypto.randomFillSync(bytes(100_000), 100_001),
  sign: () => crypto.sign('sha256', Buffer.from('text'), privateKey),
  'sign without a key': () =>
    Reflect.apply(crypto.sign, undefined, ['sha256', Buffer.from('text')]),
  'sign with a context, of which RSA knows nothing': () =>
    Reflect.apply(crypto.sign, undefined, [
      'sha256',
      Buffer.from('text'),
      { key: privateKey, context: bytes(32) },
    ]),
  'diffieHellman of keys of different groups': () =>
    crypto.diffieHellman({
      privateKey: keysOfGroup('modp5').privateKey,
      publicKey: keysOfGroup('modp14').publicKey,
    }),
  verify: () => crypto.verify('sha256', Buffer.from('text'), publicKey, signature),
  'verify of another text': () =>
    crypto.verify('sha256', Buffer.from('other'), publicKey, signature),
};

function plainKeysNow(): (...args: never[]) => unknown {
  return crypto.generateKeyPairSync;
}

describe('what crypto computes for long, in a green thread', () => {
  const plain = itIsTheSameInGreen(calls);

  it('makes what is random as it is asked for', async () => {
    const made = spawn(() => [
      crypto.generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.asymmetricKeyType,
      crypto
        .generateKeyPairSync('ed25519', {
          publicKeyEncoding: { type: 'spki', format: 'pem' },
          privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
        })
        .publicKey.slice(0, 26),
      crypto.generateKeySync('hmac', { length: 64 }).symmetricKeySize,
      crypto.generatePrimeSync(32).byteLength,
      typeof crypto.generatePrimeSync(32, { bigint: true }),
      crypto.randomFillSync(bytes(100_000)).equals(bytes(100_000)),
      crypto.randomFillSync(bytes(100_000), 99_999).subarray(0, 99_999).equals(bytes(99_999)),
    ]);
    expect(await made).toEqual(['rsa', '-----BEGIN PUBLIC KEY-----', 8, 4, 'bigint', false, true]);
  });

  it('leaves the event loop to others', async () => {
    const hash = (salt: string): PromiseLike<Buffer> =>
      spawn(() => crypto.pbkdf2Sync('x', salt, 300_000, 64, 'sha512'));
    const turns = await turnsDuring(() => Promise.all(['a', 'b'].map(hash)));
    expect(turns).toBeGreaterThan(5); // none while it computes on the loop thread
  });

  it('takes callbacks as before, and is as before outside green threads', async () => {
    const signed = await new Promise((resolve) => {
      void spawn(() =>
        crypto.sign('sha256', Buffer.from('text'), privateKey, (_error, value) => resolve(value)),
      );
    });
    expect(signed).toEqual(signature);
    expect(outcomeOf(calls['pbkdf2Sync'] as () => unknown)).toEqual(plain.get('pbkdf2Sync'));
    const { pbkdf2Sync } = original('node:crypto') as typeof crypto;
    expect(pbkdf2Sync).not.toBe(crypto.pbkdf2Sync);
    expect(pbkdf2Sync('a', 'b', 1, 8, 'sha1')).toEqual(crypto.pbkdf2Sync('a', 'b', 1, 8, 'sha1'));
    const { name, length } = crypto.pbkdf2Sync;
    expect([name, length]).toEqual(['pbkdf2Sync', 5]);
  });
});
