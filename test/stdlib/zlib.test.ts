import zlib from 'node:zlib';
import { spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { itIsTheSameInGreen, turnsDuring } from './support';

const text = Buffer.from('the same words again and again, '.repeat(2000));
const deflated = zlib.deflateSync(text);
const gzipped = zlib.gzipSync(text);
const any = zlib as unknown as Record<string, (input: unknown, options?: object) => unknown>;
/** Compared sooner than a buffer. */
const inHex = (value: unknown): unknown => (Buffer.isBuffer(value) ? value.toString('hex') : value);
const call =
  (name: string, input: unknown, options?: object): (() => unknown) =>
  () =>
    inHex(any[name]?.(input, options));

/** Says that it is longer than it is. */
const spoofed = new Uint8Array(1);
for (const key of ['length', 'byteLength']) Object.defineProperty(spoofed, key, { value: 5000 });

const calls: Record<string, () => unknown> = {
  deflateSync: call('deflateSync', text),
  'deflateSync of a string': call('deflateSync', 'short'),
  'deflateSync of nothing': call('deflateSync', ''),
  'deflateSync of a view': call('deflateSync', new Float64Array([1, 2])),
  'deflateSync of an ArrayBuffer': call('deflateSync', new ArrayBuffer(10)),
  'deflateSync with options': call('deflateSync', text, { level: 1, chunkSize: 64 }),
  'deflateSync with a bad level': call('deflateSync', text, { level: 99 }),
  'deflateSync of a number': call('deflateSync', 5),
  'deflateSync of undefined': call('deflateSync', undefined),
  deflateRawSync: call('deflateRawSync', text),
  gzipSync: call('gzipSync', text),
  inflateSync: call('inflateSync', deflated),
  'inflateSync of what is cut off': call('inflateSync', deflated.subarray(0, 50)),
  'inflateSync of something else': call('inflateSync', text),
  'inflateSync into too little': call('inflateSync', deflated, { maxOutputLength: 100 }),
  gunzipSync: call('gunzipSync', gzipped),
  'gunzipSync of two members': call('gunzipSync', Buffer.concat([gzipped, gzipped])),
  'gunzipSync with garbage behind': call('gunzipSync', Buffer.concat([gzipped, Buffer.alloc(9)])),
  unzipSync: call('unzipSync', deflated),
  brotliCompressSync: call('brotliCompressSync', text.subarray(0, 1000)),
  'brotliDecompressSync of something else': call('brotliDecompressSync', text),
  zstdCompressSync: call('zstdCompressSync', text),
  'zstdDecompressSync of something else': call('zstdDecompressSync', text),
};

// Node 20 aborts.
if (!process.version.startsWith('v20.')) {
  calls['deflateSync of what is shorter than it says'] = call('deflateSync', spoofed);
}

describe('a synchronous function of zlib’s in a green thread', () => {
  itIsTheSameInGreen(calls);

  it('gives the engine too where it is asked for it', async () => {
    const both = (await spawn(call('gzipSync', text, { info: true }))) as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    expect(both.buffer).toEqual(gzipped);
    expect(both.engine.bytesWritten).toBe(text.length);
  });

  it('leaves the event loop to others', async () => {
    const turns = await turnsDuring(async () => {
      await spawn(call('brotliCompressSync', text.subarray(0, 60_000)));
      await spawn(call('gzipSync', Buffer.alloc(20_000_000)));
    });
    expect(turns).toBeGreaterThan(5);
  });
});
