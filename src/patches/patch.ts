import { validRange } from 'semver';

import { invalidArgument } from '../errors';
import { familyKeys, type FamilyKey, isFamilyKey } from '../families';

/** A package as it was found on disk, and which of its files `exports` are of. */
export interface PatchContext {
  readonly name: string;
  readonly version: string;
  /** Where its package.json is. */
  readonly directory: string;
  /** The file whose exports are wrapped, relative to `directory`, with `/`. */
  readonly file: string;
}

/** Methods that are run one after another where they are about the same native object. */
export interface SerialisedMethods {
  /** The property of the exports that is the class; the exports themselves unless told. */
  class?: string;
  /** Methods of the class's prototype: those that wait, and those that must not run while one of them waits. */
  methods: readonly string[];
  /** The native object behind `receiver`, such as its connection; `receiver` itself unless told. */
  connection?(receiver: object): object;
}

/** Which objects of a package are redirected; names are sonames or file names, `*` stands for anything. */
export interface PatchedObjects {
  /** Redirected in scoped greening too, although others may need them. */
  include?: readonly string[];
  /** Never redirected while this package is the one that loads them. */
  exclude?: readonly string[];
  /** Each green thread has thread-local storage of its own for the package's addons, as kernel threads do. */
  ownThreadLocals?: boolean;
}

/** What greenify knows of one package. Each lives in a file of its own. */
export interface PackagePatch {
  /** As in its package.json. */
  name: string;
  /** The versions it was written for and tested with, as a semver range. */
  versions: string;
  /** The families of calls the package waits in. */
  families: readonly FamilyKey[];
  objects?: PatchedObjects;
  /** How concurrent use of one connection object is kept in order. */
  serialise?: readonly SerialisedMethods[];
  /** The files that `serialise` and `wrap` are about, relative to the package; its main file unless told. */
  files?: readonly string[];
  /**
   * Changes `exports` in place, or returns what takes their place. Called once for each instance of the package
   * that is loaded, before `serialise`. What it throws leaves the package as it was, with a warning.
   */
  wrap?(exports: unknown, context: PatchContext): unknown;
  /** Why the package needs more than redirection: for people, and for `greenify doctor`. */
  why: string;
}

function invalid(what: string): TypeError {
  return invalidArgument(
    `registerPatch() takes { name, versions, families, why, … }: ${what}; see docs/patches.md`,
  );
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}

function checkNames(key: string, value: unknown): void {
  if (value !== undefined && !isStrings(value)) {
    throw invalid(`"${key}" must be an array of names`);
  }
}

function checkFlag(key: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw invalid(`"${key}" must be true or false`);
  }
}

function checkText(key: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw invalid(`"${key}" must be a text`);
}

function checkSerialised(entry: Partial<SerialisedMethods>): void {
  if (entry.class !== undefined) checkText('serialise[].class', entry.class);
  if (!isStrings(entry.methods)) throw invalid('"serialise[].methods" must be an array of names');
  if (entry.connection !== undefined && typeof entry.connection !== 'function') {
    throw invalid('"serialise[].connection" must be a function');
  }
}

/** @throws {TypeError} that says which part of a patch is not what it should be */
export function checkPatch(patch: unknown): asserts patch is PackagePatch {
  if (typeof patch !== 'object' || patch === null) throw invalid('it is not an object');
  const { name, versions, families, objects, serialise, files, wrap, why } =
    patch as Partial<PackagePatch>;
  checkText('name', name);
  checkText('why', why);
  if (typeof versions !== 'string' || validRange(versions) === null) {
    throw invalid('"versions" must be a semver range such as "^3.0.0"');
  }
  if (!isStrings(families) || !families.every(isFamilyKey)) {
    throw invalid(`"families" must be an array of ${familyKeys.join(', ')}`);
  }
  checkNames('objects.include', objects?.include);
  checkNames('objects.exclude', objects?.exclude);
  checkFlag('objects.ownThreadLocals', objects?.ownThreadLocals);
  checkNames('files', files);
  if (wrap !== undefined && typeof wrap !== 'function') throw invalid('"wrap" must be a function');
  if (serialise === undefined) return;
  if (!Array.isArray(serialise)) throw invalid('"serialise" must be an array');
  for (const entry of serialise as readonly Partial<SerialisedMethods>[]) checkSerialised(entry);
}
