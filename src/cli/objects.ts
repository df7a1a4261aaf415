import { familyKeys } from '../families';
import type { FunctionReport, Import, ObjectFacts, TableRow } from '../native';
import type { ObjectReport } from '../report/object';
import { absentFrom, rowNamed } from '../report/table';
import { unhookableIn } from '../report/unhookable';
import { inspect } from '../resolve/facts';
import { libraryProblems, librariesOf } from '../resolve/libraries';

/** A function that an object imports and that greenify has a green version of. */
export interface Call extends FunctionReport {
  /** `never waits`: wakes others, or is there so that every name has an answer. */
  becomes: 'green' | 'offloaded' | 'never waits';
  /** It is of buffered streams (`fgets`): brief on files, and where messages are printed. */
  ofStreams: boolean;
}

/** What there is to know of one addon or shared library: the report of one that is loaded, and more. */
export interface ObjectFindings extends ObjectReport {
  functions: Call[];
  role: 'addon' | 'library';
  relro: ObjectFacts['relro'];
  stripped: boolean;
  /** It may open other libraries while it runs (dlopen). */
  opensLibraries: boolean;
}

/** An addon, its libraries, and those of them that cannot be loaded. */
export interface AddonFindings {
  objects: ObjectFindings[];
  problems: string[];
}

const becomes: Record<string, Call['becomes']> = {
  hub: 'green',
  timer: 'green',
  lock: 'green',
  offload: 'offloaded',
};

/** Nearly every object imports functions on names of files, which wait on network file systems only. */
const isListed = ({ strategy, behaviours }: TableRow): boolean =>
  strategy !== 'pinned' && !behaviours.includes('slow mount');

function callOf({ name, slots }: Import): Call[] {
  const row = rowNamed(name);
  if (row === undefined || !isListed(row)) return [];
  const { family, strategy, ofStreams = false } = row;
  const waits = becomes[strategy] ?? 'never waits';
  return [{ name, family, strategy, slots, becomes: waits, ofStreams }];
}

function findingsOf(
  path: string,
  role: ObjectFindings['role'],
  facts: ObjectFacts,
): ObjectFindings {
  const { soname, relro, stripped, imports } = facts;
  const names = imports.map(({ name }) => name);
  return {
    path,
    soname,
    role,
    relro,
    stripped,
    functions: imports.flatMap(callOf),
    unaligned: [],
    absent: absentFrom(names, familyKeys),
    unhookable: unhookableIn(facts),
    opensLibraries: names.includes('dlopen') || names.includes('dlmopen'),
  };
}

/** Looks at an addon and its libraries, but for those that are never redirected (libc and its like). */
export function examineAddon(path: string): AddonFindings {
  const objects: ObjectFindings[] = [];
  const libraries = librariesOf(path);
  for (const object of [path, ...libraries.flatMap((library) => library.path ?? [])]) {
    const inspected = inspect(object);
    if ('error' in inspected || inspected.facts.exclusion !== '') continue;
    objects.push(
      findingsOf(object, object.endsWith('.node') ? 'addon' : 'library', inspected.facts),
    );
  }
  return { objects, problems: libraryProblems(libraries) };
}
