import green from './zlib.js';

export * from 'node:zlib';
export default green;
export const {
  brotliCompressSync,
  brotliDecompressSync,
  deflateRawSync,
  deflateSync,
  gunzipSync,
  gzipSync,
  inflateRawSync,
  inflateSync,
  unzipSync,
} = green;
/** Of newer versions of Node; undefined where Node has none. */
export const { zstdCompressSync, zstdDecompressSync } = green as unknown as Record<
  'zstdCompressSync' | 'zstdDecompressSync',
  (input: unknown, options?: object) => Buffer
>;
