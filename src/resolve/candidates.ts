import { readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

import { realPath } from './manifest';
import { byPreference, mismatch, type Tags, tagsOf } from './tags';

/** An addon that is not for this machine, and why. */
export interface Rejected {
  path: string;
  reason: string;
}

/** What a package has of its own. Paths are real ones. */
export interface OwnAddons {
  /** Compiled on this machine rather than fetched: loaders prefer these to everything else. */
  built: boolean;
  addons: string[];
  rejected: Rejected[];
}

interface Candidate {
  path: string;
  /** Below its package, with `/`. */
  relative: string;
  tags: Tags;
}

/** Of other packages, and what compilers leave beside their results (node-gyp, CMake, Cargo). */
const skipped = new Set(['node_modules', '.git', 'obj.target', '.deps', 'CMakeFiles']);

function addonsBelow(directory: string): string[] {
  const found: string[] = [];
  const pending = [directory];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      if (entry.isDirectory() && !skipped.has(entry.name)) pending.push(join(next, entry.name));
      else if (entry.name.endsWith('.node') && !entry.isDirectory()) {
        found.push(join(next, entry.name));
      }
    }
  }
  return found.sort();
}

/** Where node-gyp, CMake.js and their like put what they compile; `bindings` looks there in this order. */
const builtDirectories = [
  /(^|\/)build$/,
  /(^|\/)Release$/,
  /(^|\/)Debug$/,
  /(^|\/)build\/default$/,
  /(^|\/)addon-build\/(release|debug)\/install-root$/,
  /(^|\/)addon-build\/default$/,
];

function builtRank({ relative: path }: Candidate): number {
  const directory = path.includes('/') ? dirname(path) : '';
  return builtDirectories.findIndex((pattern) => pattern.test(directory));
}

const isBuilt = (candidate: Candidate): boolean => builtRank(candidate) >= 0;
const isPrebuild = ({ relative: path }: Candidate): boolean => /(^|\/)prebuilds\//.test(path);

/** The first of each group, in the given order. */
function firstOfEach(
  candidates: Candidate[],
  groupOf: (candidate: Candidate) => string,
  order: (a: Candidate, b: Candidate) => number,
): Candidate[] {
  const groups = new Map<string, Candidate>();
  for (const candidate of candidates.toSorted(order)) {
    const group = groupOf(candidate);
    if (!groups.has(group)) groups.set(group, candidate);
  }
  return [...groups.values()];
}

/** node-gyp-build asks for a directory, whatever the files there are called; others ask for a name. */
function variantGroup(ignoreFileName: boolean): (candidate: Candidate) => string {
  return (candidate) =>
    ignoreFileName && isPrebuild(candidate)
      ? tagsOf(dirname(candidate.relative)).stem
      : candidate.tags.stem;
}

function chooseBuilt(candidates: Candidate[]): Candidate[] {
  return firstOfEach(
    candidates.filter(isBuilt),
    ({ relative: path }) => path.slice(path.lastIndexOf('/') + 1),
    (a, b) => builtRank(a) - builtRank(b),
  );
}

/**
 * The addons in a package's own directory that its loader would take on this machine: of the variants of one
 * addon the best, and what was compiled here before what was fetched.
 *
 * @param usesNodeGypBuild whether its loader is node-gyp-build, whose variants may have different names
 */
export function ownAddons(directory: string, usesNodeGypBuild: boolean): OwnAddons {
  const all = addonsBelow(directory).map((path): Candidate => {
    const below = relative(directory, path).split(sep).join('/');
    return { path, relative: below, tags: tagsOf(below) };
  });
  const built = chooseBuilt(all);
  // What was compiled here was compiled for here, whatever it is called.
  const fetched = all.filter((candidate) => !isBuilt(candidate));
  const fitting = fetched.filter(({ tags }) => mismatch(tags) === undefined);
  const alternatives = built.length > 0 ? fitting.filter((c) => !isPrebuild(c)) : fitting;
  const chosen = firstOfEach(alternatives, variantGroup(usesNodeGypBuild), (a, b) =>
    byPreference(a.tags, b.tags),
  );
  return {
    built: built.length > 0,
    addons: [...built, ...chosen].map(({ path }) => realPath(path)),
    rejected: fetched.flatMap(({ path, tags }) => {
      const reason = mismatch(tags);
      return reason === undefined ? [] : [{ path, reason }];
    }),
  };
}
