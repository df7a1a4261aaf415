import { type GreenifyError, typed } from '../errors';
import { native, type ObjectFacts } from '../native';
import { runtimeSymbols } from './runtimes';

/** What a file says of itself, or why that cannot be read. */
export type Inspected = { facts: ObjectFacts } | { error: GreenifyError };

const known = new Map<string, Inspected>();

/** Files do not change while a program that looks at them runs, so each is read once. */
export function inspect(path: string): Inspected {
  const cached = known.get(path);
  if (cached !== undefined) return cached;
  const inspected = read(path);
  known.set(path, inspected);
  return inspected;
}

function read(path: string): Inspected {
  try {
    return { facts: typed(() => native.inspect(path, runtimeSymbols)) };
  } catch (error) {
    return { error: error as GreenifyError };
  }
}

/** An object that was built with musl asks for musl's C library, which no other process has. */
export function isForMusl(facts: ObjectFacts): boolean {
  return facts.needed.some(isMuslLibrary);
}

/** `libc.musl-x86_64.so.1` on Alpine; musl's own soname is `libc.so`. */
export function isMuslLibrary(soname: string): boolean {
  return soname === 'libc.so' || soname.startsWith('libc.musl-') || soname.startsWith('ld-musl-');
}
