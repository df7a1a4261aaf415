import { satisfies } from 'semver';

import { patch as betterSqlite3 } from './better-sqlite3';
import { patch as ffiRs } from './ffi-rs';
import { patch as fsExt } from './fs-ext';
import { patch as koffi } from './koffi';
import { patch as libpq } from './libpq';
import { patch as libsql } from './libsql';
import { patch as libsqlAddon } from './libsql-addon';
import { patches as lmdb } from './lmdb';
import { patch as nodeLibcurl } from './node-libcurl';
import { patch as nodeLmdb } from './node-lmdb';
import { patch as nodeSqlite } from './node-sqlite';
import { checkPatch, type PackagePatch } from './patch';
import { patch as pgNative } from './pg-native';
import { patch as sleep } from './sleep';
import { patch as syncRpc } from './sync-rpc';
import { patch as synckit } from './synckit';

export { applyPatch, changesExports } from './apply';
export type { PackagePatch, PatchContext, PatchedObjects, SerialisedMethods } from './patch';

/** Every patch there is, those registered last first. */
export const patches: PackagePatch[] = [
  betterSqlite3,
  ffiRs,
  fsExt,
  koffi,
  libpq,
  libsql,
  libsqlAddon,
  ...lmdb,
  nodeLibcurl,
  nodeLmdb,
  nodeSqlite,
  pgNative,
  sleep,
  syncRpc,
  synckit,
];

const own = new Set(patches);

/** The packages for which somebody has registered a patch. */
export function registeredNames(): string[] {
  return patches.filter((patch) => !own.has(patch)).map(({ name }) => name);
}

type NameListener = (name: string) => void;
const listeners: NameListener[] = [];

/** A patch for a package, and whether it was written for its version. */
export interface FoundPatch {
  patch: PackagePatch;
  inRange: boolean;
}

/** The patch for a version of a package: one that is for this very version, or else the first for the package. */
export function findPatch(name: string, version: string): FoundPatch | undefined {
  const named = patches.filter((patch) => patch.name === name);
  const exact = named.find(({ versions }) =>
    satisfies(version, versions, { includePrerelease: true }),
  );
  const patch = exact ?? named[0];
  return patch && { patch, inRange: exact !== undefined };
}

/**
 * Adds a patch for a package, before those that are there already. It counts for instances of the package that are
 * loaded later.
 *
 * @throws {TypeError} a part of it is missing or of another kind
 * Source: OpenTelemetry's registerInstrumentations.
 */
export function registerPatch(patch: PackagePatch): void {
  checkPatch(patch);
  patches.unshift(patch);
  for (const listener of listeners) listener(patch.name);
}

/** Calls `listener` with the name of every package that there is a patch for, now and later. */
export function onPatchedName(listener: NameListener): void {
  for (const { name } of patches) listener(name);
  listeners.push(listener);
}
