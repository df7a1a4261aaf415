import type { ObjectFacts, ObjectState } from '../native';
import { inspect } from '../resolve/facts';
import { stackCheckingRuntime } from '../resolve/runtimes';
import { insideLibc, waitingSystemCalls } from './blocking';
import { rowNamed } from './table';

/** What each reason means to somebody who wants the calls to be green all the same. */
const advices = {
  'inside-libc':
    'make it in a worker thread; in an addon of your own, call it through greenify_offload() of greenify.h',
  'raw-system-call':
    'build it against a shared libc whose functions it calls, or use it in a worker thread',
  static: 'build it against a shared libc, or use it in a worker thread',
  'stack-bounds':
    'do not call it in green threads: use it outside of them, in a worker thread or another process',
  'not-writable':
    'what refuses to make its pages writable (seccomp, SELinux’s execmod) must allow mprotect(2) for it',
  unaligned: 'build it without __attribute__((packed)) around pointers to functions',
  'looked-up-early': 'load greenify first: node --import greenify/register',
  'left-alone': 'nothing need be done: what calls its functions is redirected instead',
  unreadable: 'keep the file where it was loaded from, readable, to see what else there is to say',
} as const;

/** Why something is not redirected. Stable, for programs. */
export type UnhookableReason = keyof typeof advices;

/** What of an object no redirection reaches, and why. */
export interface Unhookable {
  reason: UnhookableReason;
  /** The functions or system calls it is about; empty: whatever the object does. */
  functions: string[];
  /** False: it is worth knowing, but seldom a wait, only a brief one, or not to be told from the file. */
  waits: boolean;
  /** What stands in the way. */
  why: string;
  /** What to do about it. */
  advice: string;
}

function unhookable(
  reason: UnhookableReason,
  functions: string[],
  why: string,
  waits = true,
): Unhookable {
  return { reason, functions, waits, why, advice: advices[reason] };
}

/** Functions with the same reason make one entry. */
function insideLibcOf(facts: ObjectFacts): Unhookable[] {
  const byReason = new Map<string, Unhookable>();
  for (const { name } of facts.imports) {
    const isGreen = (rowNamed(name)?.strategy ?? 'pinned') !== 'pinned';
    const found = isGreen ? undefined : insideLibc(name);
    if (found === undefined) continue;
    const known = byReason.get(found.why);
    if (known !== undefined) known.functions.push(name);
    else byReason.set(found.why, unhookable('inside-libc', [name], found.why, found.waits));
  }
  return [...byReason.values()];
}

function runtimeOf(facts: ObjectFacts): Unhookable[] {
  const runtime = stackCheckingRuntime(facts);
  if (runtime === undefined) return [];
  return [unhookable('stack-bounds', [], `${runtime.name}: ${runtime.why}`)];
}

function rawCallsOf(facts: ObjectFacts): Unhookable[] {
  const names = waitingSystemCalls(facts.systemCalls);
  if (names.length === 0) return [];
  const why = 'raw system calls in its own machine code, to which no import slot leads';
  return [unhookable('raw-system-call', names, why)];
}

function staticOf(facts: ObjectFacts): Unhookable[] {
  if (facts.needed.length > 0 || facts.imports.length > 0) return [];
  const why = 'static: it imports nothing that could be redirected';
  return [unhookable('static', [], why)];
}

/** What an ELF file says of itself. Nothing is loaded for it. */
export function unhookableIn(facts: ObjectFacts): Unhookable[] {
  return [runtimeOf, rawCallsOf, staticOf, insideLibcOf].flatMap((find) => find(facts));
}

/** What only shows when an object is loaded. */
function unhookableNow(object: ObjectState): Unhookable[] {
  const found: Unhookable[] = [];
  if (object.failure !== '') found.push(unhookable('not-writable', [], object.failure));
  if (object.unaligned.length > 0) {
    const why = 'a slot that is not aligned cannot be written in one step, and is left alone';
    found.push(unhookable('unaligned', object.unaligned, why));
  }
  if (object.wasInUse) {
    const why = 'was loaded before greenify: functions that it had looked up by name stay plain';
    found.push(unhookable('looked-up-early', ['dlsym'], why, false));
  }
  return found;
}

/** Everything that no redirection reaches in a loaded object. */
export function unhookableOf(object: ObjectState): Unhookable[] {
  if (object.exclusion !== '') return [unhookable('left-alone', [], object.exclusion, false)];
  const now = unhookableNow(object);
  const inspected = inspect(object.path);
  if ('facts' in inspected) return [...now, ...unhookableIn(inspected.facts)];
  return [...now, unhookable('unreadable', [], inspected.error.message, false)];
}
