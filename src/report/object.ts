import type { FunctionReport, ObjectState } from '../native';
import { absentFrom } from './table';
import { type Unhookable, unhookableOf } from './unhookable';

/**
 * One ELF object (an addon or a shared library): what of it is redirected, what it does not import, and what cannot
 * be redirected. `greenify doctor --json` says the same of files that are not loaded.
 */
export interface ObjectReport {
  path: string;
  soname: string;
  /** The functions of the chosen families that the object imports, and that are redirected. */
  functions: FunctionReport[];
  /** Functions that could not be redirected because a slot of theirs is not aligned. */
  unaligned: string[];
  /** The functions of the chosen families that the object does not import, by no name of theirs. */
  absent: string[];
  /** What no redirection reaches, each with the reason; looked for in the object's file when it is first read. */
  unhookable: Unhookable[];
}

/** Gives `object` a property whose value is made when it is first read. */
export function lazily<T extends object, K extends string, V>(
  object: T,
  key: K,
  make: () => V,
): T & Record<K, V> {
  let made: { value: V } | undefined;
  const get = (): V => (made ??= { value: make() }).value;
  Object.defineProperty(object, key, { get, enumerable: true, configurable: true });
  return object as T & Record<K, V>;
}

/** The report of an object as it is now. Reading its file takes some time, and is left until somebody asks. */
export function reportOf(object: ObjectState): ObjectReport {
  const { path, soname, functions, unaligned, families } = object;
  const imported = [...functions.map(({ name }) => name), ...unaligned];
  const report = lazily({ path, soname, functions, unaligned }, 'absent', () =>
    absentFrom(imported, families),
  );
  return lazily(report, 'unhookable', () => unhookableOf(object));
}
