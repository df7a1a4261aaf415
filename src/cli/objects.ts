import { type ObjectFacts, native, type TableRow } from '../native';
import { inspect } from '../resolve/facts';
import { librariesOf, type ResolvedLibrary } from '../resolve/libraries';
import { stackCheckingRuntime } from '../resolve/runtimes';
import { insideLibc, waitingSystemCalls } from './blocking';

/** A function that an object imports and that greenify has a green version of. */
export interface Call {
  name: string;
  family: string;
  strategy: string;
  /** `never waits`: wakes others, or is there so that every name has an answer. */
  becomes: 'green' | 'offloaded' | 'never waits';
}

/** Something that no redirection reaches. */
export interface Obstacle {
  what: string;
  why: string;
  /** False: it is worth knowing, but seldom a wait, or only a brief one. */
  blocks: boolean;
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
  problems: ResolvedLibrary[];
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

function callsOf(facts: ObjectFacts): Call[] {
  return facts.imports.flatMap(({ name }) => {
    const row = table().get(name);
    if (row === undefined) return [];
    const { family, strategy } = row;
    return [{ name, family, strategy, becomes: becomes[strategy] ?? 'never waits' }];
  });
}

/** Functions with the same reason make one obstacle. */
function importedObstacles(facts: ObjectFacts): Obstacle[] {
  const byReason = new Map<string, Obstacle>();
  for (const { name } of facts.imports) {
    const reason = table().has(name) ? undefined : insideLibc(name);
    if (reason === undefined) continue;
    const { why, waits } = reason;
    const before = byReason.get(why);
    byReason.set(why, {
      what: before === undefined ? name : `${before.what} ${name}`,
      why,
      blocks: waits,
    });
  }
  return [...byReason.values()];
}

function obstaclesOf(facts: ObjectFacts): Obstacle[] {
  const runtime = stackCheckingRuntime(facts);
  const raw = waitingSystemCalls(facts.systemCalls);
  const isStatic = facts.needed.length === 0 && facts.imports.length === 0;
  return [
    ...(runtime === undefined ? [] : [{ what: runtime.name, why: runtime.why, blocks: true }]),
    ...(raw.length === 0
      ? []
      : [
          {
            what: raw.join(' '),
            why: 'raw system calls in its own machine code: no import slot leads there',
            blocks: true,
          },
        ]),
    ...(isStatic
      ? [
          {
            what: 'everything',
            why: 'static: it imports nothing that could be redirected',
            blocks: true,
          },
        ]
      : []),
    ...importedObstacles(facts),
  ];
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
  const paths = libraries.flatMap((library) => library.path ?? []);
  for (const [index, object] of [path, ...paths].entries()) {
    const inspected = inspect(object);
    if ('error' in inspected || inspected.facts.exclusion !== '') continue;
    objects.push(findingsOf(object, index === 0 ? 'addon' : 'library', inspected.facts));
  }
  return { objects, problems: libraries.filter(({ reason }) => reason !== undefined) };
}
