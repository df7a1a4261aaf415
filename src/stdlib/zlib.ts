import { type AnyFunction, type Functions, offLoop } from './off_loop';

const names = [
  'brotliCompress',
  'brotliDecompress',
  'deflate',
  'deflateRaw',
  'gunzip',
  'gzip',
  'inflate',
  'inflateRaw',
  'unzip',
  'zstdCompress',
  'zstdDecompress',
];

type Input = Parameters<typeof Buffer.byteLength>[0];

/** The plain function says what is wrong with other input; the one with a callback takes some of it for nothing. */
function isNoInput([input]: readonly unknown[]): boolean {
  return (
    typeof input !== 'string' &&
    !ArrayBuffer.isView(input) &&
    !(input instanceof ArrayBuffer) &&
    !(input instanceof SharedArrayBuffer)
  );
}

/** The plain function knows how much there is, and writes it into the frame's header. */
function withSize([input, options]: readonly unknown[]): unknown[] {
  return [input, { pledgedSrcSize: Buffer.byteLength(input as Input), ...(options as object) }];
}

/** [] where this version of Node has no such format. */
function greenOf(functions: Functions, name: string): [string, AnyFunction][] {
  const synchronous = functions[`${name}Sync`];
  const asynchronous = functions[name];
  if (synchronous === undefined || asynchronous === undefined) return [];
  const complete = name === 'zstdCompress' ? withSize : undefined;
  const twin = { asynchronous, arity: 2, complete, isQuick: isNoInput, hasSameErrors: true };
  return [[`${name}Sync`, offLoop(synchronous, twin)]];
}

/** Node's threads compress and expand a part at a time, and the loop hands them the next. */
export function zlibFunctions(zlib: Functions): Record<string, AnyFunction> {
  return Object.fromEntries(names.flatMap((name) => greenOf(zlib, name)));
}
