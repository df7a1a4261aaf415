import { createRequire } from 'node:module';

import type { FamilyKey } from '../families';
import { native, type ObjectState, type SharedLibrary, type UndoReport } from '../native';
import { findPatch, type FoundPatch } from '../patches';
import { lazily, type ObjectReport, reportOf } from '../report/object';
import { packageOfFile } from '../resolve/package';
import { isObject } from '../values';
import { warn } from '../warning';
import { type Asker, hasPatchSubscribers, publishPatch } from './events';

/** A package by its package.json. */
export interface Owner {
  name: string;
  version: string;
  directory: string;
}

/**
 * How a package or object is treated: `patch`: by a patch for this version; `other version`: there is a patch, but
 * not for this version, so it gets what every package gets; `generic`: that.
 */
export type Rule = 'patch' | 'other version' | 'generic';

/**
 * What became of a package's JavaScript: `untouched`: its patch leaves it alone, or it has none, or it is not
 * loaded; `wrapped`; `late`: wrapped, but those who had loaded it before may hold what was there; `failed`.
 */
export type Wrapping = 'untouched' | 'wrapped' | 'late' | 'failed';

export interface PackageRecord extends Owner {
  rule: Rule;
  wrapping: Wrapping;
  /** Of a wrapping that failed or came late. */
  reason?: string;
}

/** A library that scoped greening of `packageName` has left alone. */
export interface LeftLibrary extends SharedLibrary {
  packageName: string;
}

/** A patched object, and by which rule. */
export interface ObjectRecord extends ObjectReport {
  /** `name@version` of the package it lies in. */
  package?: string;
  rule: Rule;
}

/** One request: `monkeyPatch({ socket: true })`. */
export interface Request {
  by: Asker;
  families: readonly FamilyKey[];
  /** The package or library it is about; everything unless told. */
  subject?: string;
}

/** Everything greenify has done in this environment. */
export interface RegistryReport {
  requests: readonly Request[];
  packages: readonly PackageRecord[];
  objects: readonly ObjectRecord[];
  /** Of which nothing is redirected; looked for when it is first read. */
  others: readonly ObjectRecord[];
  shared: readonly LeftLibrary[];
}

const { cache } = createRequire(__filename);

const requests: Request[] = [];
const packages = new Map<string, PackageRecord>();
const owners = new Map<string, Owner | undefined>();
const loadedAddons = new Set<string>();
const slotsSoFar = new Map<string, number>();
const left = new Map<string, readonly SharedLibrary[]>();
const scopes = new Map<string, readonly string[]>();
const addonsOf = new WeakMap<object, readonly string[]>();

function ruleOf(found: FoundPatch | undefined): Rule {
  if (found === undefined) return 'generic';
  return found.inRange ? 'patch' : 'other version';
}

/** The package a file belongs to, by its package.json; remembered for addons. */
export function ownerOf(path: string): Owner | undefined {
  if (!path.endsWith('.node')) return packageOfFile(path);
  if (!owners.has(path)) owners.set(path, packageOfFile(path));
  return owners.get(path);
}

/** The record of a package, made when it is first asked for. */
export function recordOf(owner: Owner): PackageRecord {
  let record = packages.get(owner.directory);
  if (record === undefined) {
    const { name, version, directory } = owner;
    const rule = ruleOf(findPatch(name, version));
    record = { name, version, directory, rule, wrapping: 'untouched' };
    packages.set(directory, record);
  }
  return record;
}

/** Notes what has been put back: when it is redirected again, that is news. */
export function noteUndone(objects: readonly UndoReport[]): void {
  for (const { path } of objects) slotsSoFar.delete(path);
}

/** Whether somebody has asked for a family everywhere. */
export function isAskedFor(family: FamilyKey): boolean {
  return requests.some(({ by, families }) => by === 'monkeyPatch' && families.includes(family));
}

/** Notes a request; the last of several that are the same counts. */
export function noteRequest(request: Request): void {
  const same = ({ by, subject }: Request): boolean =>
    by === request.by && subject === request.subject;
  const index = requests.findIndex(same);
  if (index >= 0) requests.splice(index, 1);
  requests.push(request);
}

/** Notes the libraries that the scope of a package leaves alone. */
export function noteShared(packageName: string, libraries: readonly SharedLibrary[]): void {
  left.set(packageName, libraries);
}

/** Notes the addons that are to be green with a package: its own, and those of what it depends on. */
export function noteScope(packageName: string, paths: readonly string[]): void {
  scopes.set(packageName, [...new Set([...(scopes.get(packageName) ?? []), ...paths])]);
}

/** Notes that `exported` is what a package exports that loads `paths`. */
export function noteExports(exported: unknown, paths: readonly string[]): void {
  if (isObject(exported)) addonsOf.set(exported, paths);
}

function isLoaded(path: string): boolean {
  return loadedAddons.has(path) || cache[path] !== undefined;
}

/** The addons behind a module object that scoped greening has made, those of them that are loaded. */
export function addonsBehind(exported: object): string[] | undefined {
  return addonsOf.get(exported)?.filter(isLoaded);
}

/** The loaded addons of packages with that name: their own, and those that scoped greening has found for them. */
export function addonsNamed(name: string): string[] {
  const own = [...loadedAddons].filter((path) => ownerOf(path)?.name === name);
  return [...own, ...(scopes.get(name)?.filter(isLoaded) ?? [])];
}

function slotCount(object: ObjectState): number {
  return object.functions.reduce((sum, { slots }) => sum + slots, 0);
}

function annotate(object: ObjectState): ObjectRecord {
  const report = reportOf(object);
  // A system's library belongs to no package, and looking for one would search half the file system.
  const inPackage = object.path.endsWith('.node') || object.path.includes('/node_modules/');
  const owner = inPackage ? ownerOf(object.path) : undefined;
  if (owner === undefined) return Object.assign(report, { rule: 'generic' as const });
  const { name, version, rule } = recordOf(owner);
  return Object.assign(report, { package: `${name}@${version}`, rule });
}

/** Notes what has been redirected of an object, and tells `greenify:patch` when it is more than before. */
export function noteObject(by: Asker, object: ObjectState): ObjectRecord {
  const record = annotate(object);
  const slots = slotCount(object);
  if (slotsSoFar.get(object.path) !== slots) publishPatch(() => withAsker(record, by));
  slotsSoFar.set(object.path, slots);
  return record;
}

export function noteObjects(by: Asker, objects: readonly ObjectState[]): ObjectRecord[] {
  return objects.map((object) => noteObject(by, object));
}

/** What is made when it is first read is not made for that. */
function withAsker(record: ObjectRecord, by: Asker): object {
  return Object.defineProperties({ by }, Object.getOwnPropertyDescriptors(record));
}

/** Of objects that were to be redirected, those that are; a warning names those that could not be written to. */
export function written(objects: readonly ObjectState[]): ObjectState[] {
  for (const { failure } of objects) {
    if (failure !== '') warn('GREENIFY_NOT_WRITABLE', `its calls are not redirected: ${failure}`);
  }
  return objects.filter(({ functions }) => functions.length > 0);
}

/** With the loaded objects of which nothing is redirected, each with the reason where there is one. */
export function withOthers<T extends object>(report: T): T & Record<'others', ObjectRecord[]> {
  return lazily(report, 'others', () => native.others().map(annotate));
}

/** Called after an addon was loaded: notes it, and what of it and its libraries has been redirected. */
export function noteAddon(path: string): void {
  loadedAddons.add(path);
  const owner = ownerOf(path);
  if (owner !== undefined) recordOf(owner);
  // Reports are made from what is redirected now; the whole of it is worth its price to subscribers only.
  if (hasPatchSubscribers()) noteObjects('loading', native.report());
}

/**
 * What was asked, what was patched, by which rule, and with what result, until now.
 *
 * Thread: loop.
 */
export function registryReport(): RegistryReport {
  const report = {
    requests: [...requests],
    packages: [...packages.values()],
    objects: native.report().map(annotate),
    shared: [...left].flatMap(([packageName, libraries]) =>
      libraries.map((library) => ({ ...library, packageName })),
    ),
  };
  return withOthers(report);
}
