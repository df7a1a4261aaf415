import { relative } from 'node:path';

import type { FamilyKey } from '../families';
import { findPatch } from '../patches';
import { type PackageAddons, summarise } from '../resolve/addons';
import type { Rejected } from '../resolve/candidates';
import { packageOfFile } from '../resolve/package';
import type { Unhookable } from '../report/unhookable';
import { type AddonFindings, type Call, examineAddon, type ObjectFindings } from './objects';

/** What greenify knows of a package beyond redirection. */
export interface KnownPatch {
  name: string;
  versions: string;
  /** Whether the installed version is one that the patch was written for. */
  inRange: boolean;
  families: readonly FamilyKey[];
  why: string;
}

/**
 * `green`: all its waits become green or are offloaded. `no waits`: it imports nothing that waits. `blocks`: something
 * cannot be green. `not loadable`: an addon or a library of it is missing or is for another machine.
 */
export type Verdict = 'green' | 'no waits' | 'blocks' | 'not loadable';

export interface PackageFindings {
  name: string;
  version: string;
  directory: string;
  verdict: Verdict;
  /** Of the packages that its addons belong to, which may be others that it depends on. */
  patches: KnownPatch[];
  /** The families of the calls that its own addons and their libraries wait in. */
  families: string[];
  objects: ObjectFindings[];
  /** Libraries and addons that are missing or cannot be loaded, and why. */
  problems: string[];
  /** Addons for other machines, or other versions of Node. */
  rejected: Rejected[];
  advice: string[];
}

/** A package and its addons, as they were found. */
export interface Subject {
  name: string;
  version: string;
  directory: string;
  found: Pick<PackageAddons, 'addons' | 'rejected'>;
}

function knownPatches(subject: Subject): KnownPatch[] {
  const owners = [subject, ...subject.found.addons.map((path) => packageOfFile(path))];
  const patches = new Map<string, KnownPatch>();
  for (const owner of owners) {
    const found = owner && findPatch(owner.name, owner.version);
    if (found === undefined) continue;
    const { name, versions, families, why } = found.patch;
    patches.set(name, { name, versions, inRange: found.inRange, families, why });
  }
  return [...patches.values()];
}

function examineAll(addons: string[]): AddonFindings {
  const all = addons.map(examineAddon);
  const objects = new Map(
    all.flatMap((found) => found.objects.map((object) => [object.path, object])),
  );
  return { objects: [...objects.values()], problems: all.flatMap(({ problems }) => problems) };
}

/**
 * What stands in the way for certain. That a function which waits inside libc is imported does not say that it is
 * called: it counts where the addon itself imports it, unless the package was tested (it has a patch).
 */
export function blockers(object: ObjectFindings, patches: KnownPatch[]): Unhookable[] {
  const counts = object.role === 'addon' && !isTested(patches);
  return object.unhookable.filter(
    ({ reason, waits }) => waits && (reason !== 'inside-libc' || counts),
  );
}

/** Streams do not count: they are what almost every library prints its messages to. */
function waitsIn(objects: ObjectFindings[]): Call[] {
  return objects.flatMap(({ functions }) =>
    functions.filter(({ becomes, ofStreams }) => becomes !== 'never waits' && !ofStreams),
  );
}

/** A patch was written for the very version of each package that is involved. */
export function isTested(patches: KnownPatch[]): boolean {
  return patches.length > 0 && patches.every(({ inRange }) => inRange);
}

function verdictOf(objects: ObjectFindings[], problems: string[], patches: KnownPatch[]): Verdict {
  if (problems.length > 0 || objects.length === 0) return 'not loadable';
  if (objects.some((object) => blockers(object, patches).length > 0)) return 'blocks';
  return waitsIn(objects).length > 0 ? 'green' : 'no waits';
}

function problemsOf({ found }: Subject, examined: AddonFindings): string[] {
  return found.addons.length > 0 ? examined.problems : summarise(found.rejected);
}

/** How to make it green: the families its patch names, or all. */
function callOf(patches: KnownPatch[]): string {
  const families = [...new Set(patches.flatMap((patch) => patch.families))];
  if (families.length === 0) return 'monkeyPatch()';
  return `monkeyPatch({ ${families.map((family) => `${family}: true`).join(', ')} })`;
}

function adviceFor(findings: Omit<PackageFindings, 'advice'>): string[] {
  const { verdict, objects, patches } = findings;
  const outdated = patches.filter(({ inRange }) => !inRange);
  const advice = outdated.map(
    (patch) =>
      `The patch for ${patch.name} was written for ${patch.versions}: this version is redirected all the same, ` +
      'but was not tested.',
  );
  if (verdict === 'not loadable') {
    advice.push('Install what is missing, or build it for this machine (npm rebuild).');
  } else if (verdict === 'no waits') {
    advice.push('Nothing to do: if it takes long, it computes; use a worker thread.');
  } else {
    advice.push(`Call ${callOf(patches)} and use it in green threads.`);
  }
  if (verdict === 'blocks') {
    advice.push('What cannot be green blocks the event loop, as it does without greenify.');
  }
  const opener =
    verdict !== 'not loadable' &&
    objects.find(({ role, opensLibraries }) => role === 'addon' && opensLibraries);
  if (opener) {
    advice.push(
      'It opens libraries while it runs, and they become green as they are opened: ' +
        'give their paths to see what they wait in (greenify doctor /usr/lib/…/libname.so.1).',
    );
  }
  return advice;
}

/** Everything there is to say of a package. Nothing of it is loaded or executed. */
export function examine(subject: Subject): PackageFindings {
  const examined = examineAll(subject.found.addons);
  const patches = knownPatches(subject);
  const problems = problemsOf(subject, examined);
  const { name, version, directory, found } = subject;
  const findings = {
    name,
    version,
    directory,
    verdict: verdictOf(examined.objects, problems, patches),
    patches,
    families: [...new Set(waitsIn(examined.objects).map(({ family }) => family))].sort(),
    objects: examined.objects,
    problems,
    rejected: found.rejected,
  };
  return { ...findings, advice: adviceFor(findings) };
}

/** A path as people want to read it: below the package, or whole. */
export function shortPath(path: string, directory: string): string {
  const below = relative(directory, path);
  return below.startsWith('..') ? path : below;
}
