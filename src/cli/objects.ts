import { type ObjectFacts, native, type TableRow } from '../native';
import { inspect } from '../resolve/facts';
import { libraryProblems, librariesOf } from '../resolve/libraries';
import { stackCheckingRuntime } from '../resolve/runtimes';
import { insideLibc, waitingSystemCalls } from './blocking';

/** A function that an object imports and that greenify has a green version of. */
export interface Call {
  name: string;
  family: string;
  strategy: string;
  /** `never waits`: wakes others, or is there so that every name has an answer. */
  becomes: 'green' | 'offloaded' | 'never waits';
  /** It is of buffered streams (`fgets`): brief on files, and where messages are printed. */
  ofStreams: boolean;
}

/** Something that no redirection reaches. */
export interface Obstacle {
  kind: 'runtime' | 'system call' | 'static' | 'inside libc';
  what: string;
  why: string;
  /** False: it is worth knowing, but seldom a wait, or only a brief one. */
  waits: boolean;
}

/** What there is to know of one addon or shared library. */
export interface ObjectFindings {
  path: string;
  soname: string;
  role: 'addon' | 'library';
  relro: ObjectFacts['relro'];
  stripped: boolean;
  calls: Call[];
  obstacles: Obstacle[];
  /** It may open other libraries while it runs (dlopen). */
  opensLibraries: boolean;
}

/** An addon, its libraries, and those of them that cannot be loaded. */
export interface AddonFindings {
  objects: ObjectFindings[];
  problems: string[];
}

let known: Map<string, TableRow> | undefined;

function table(): Map<string, TableRow> {
  known ??= new Map(native.table().map((row) => [row.name, row]));
  return known;
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

function callsOf(facts: ObjectFacts): Call[] {
  return facts.imports.flatMap(({ name }) => {
    const row = table().get(name);
    if (row === undefined || !isListed(row)) return [];
    const { family, strategy, ofStreams = false } = row;
    return [{ name, family, strategy, becomes: becomes[strategy] ?? 'never waits', ofStreams }];
  });
}

/** Functions with the same reason make one obstacle. */
function importedObstacles(facts: ObjectFacts): Obstacle[] {
  const byReason = new Map<string, Obstacle>();
  for (const { name } of facts.imports) {
    const isGreen = (table().get(name)?.strategy ?? 'pinned') !== 'pinned';
    const reason = isGreen ? undefined : insideLibc(name);
    if (reason === undefined) continue;
    const names = byReason.get(reason.why)?.what;
    const what = names === undefined ? name : `${names} ${name}`;
    byReason.set(reason.why, { kind: 'inside libc', what, ...reason });
  }
  return [...byReason.values()];
}

function runtimeObstacles(facts: ObjectFacts): Obstacle[] {
  const runtime = stackCheckingRuntime(facts);
  if (runtime === undefined) return [];
  return [{ kind: 'runtime', what: runtime.name, why: runtime.why, waits: true }];
}

function rawObstacles(facts: ObjectFacts): Obstacle[] {
  const names = waitingSystemCalls(facts.systemCalls);
  if (names.length === 0) return [];
  const why = 'raw system calls in its own machine code, to which no import slot leads';
  return [{ kind: 'system call', what: names.join(' '), why, waits: true }];
}

function staticObstacles(facts: ObjectFacts): Obstacle[] {
  if (facts.needed.length > 0 || facts.imports.length > 0) return [];
  const why = 'static: it imports nothing that could be redirected';
  return [{ kind: 'static', what: 'all of it', why, waits: true }];
}

function obstaclesOf(facts: ObjectFacts): Obstacle[] {
  const kinds = [runtimeObstacles, rawObstacles, staticObstacles, importedObstacles];
  return kinds.flatMap((obstacles) => obstacles(facts));
}

function findingsOf(
  path: string,
  role: ObjectFindings['role'],
  facts: ObjectFacts,
): ObjectFindings {
  const { soname, relro, stripped } = facts;
  const opensLibraries = facts.imports.some(({ name }) => name === 'dlopen' || name === 'dlmopen');
  const calls = callsOf(facts);
  return {
    path,
    soname,
    role,
    relro,
    stripped,
    calls,
    obstacles: obstaclesOf(facts),
    opensLibraries,
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
