import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { GreenifyError, permitted } from './errors';

/** Why a waiting green thread went on. */
export const enum Outcome {
  Woken = 0,
  Cancelled = 1,
  /** It did not wait: nothing may be suspended here. */
  NoYield = 2,
}

/** One libc function that an object imports, as it is redirected now. */
export interface FunctionReport {
  /** The symbol. */
  name: string;
  /** The family it belongs to; empty for the few that every patched object gets (Node-API scopes, `uv_run`). */
  family: string;
  /** How it waits: `hub`, `timer`, `waker`, `forward` or `guard`. */
  strategy: string;
  /** How many import slots hold the green version. */
  slots: number;
}

/** One ELF object (an addon or a shared library) and what of it is redirected. */
export interface ObjectState {
  path: string;
  soname: string;
  /** The functions of the chosen families that the object imports. */
  functions: FunctionReport[];
  /** Functions that could not be redirected because a slot of theirs is not aligned. */
  unaligned: string[];
  /** The families that were asked for it. */
  families: string[];
  /** Why it is never redirected, and why its slots could not be written; empty where that is not so. */
  exclusion: string;
  failure: string;
  /** It looks functions up by name (dlsym), and did so before that was redirected. */
  wasInUse: boolean;
}

/** A library that scoped greening has left alone, because others use it too. */
export interface SharedLibrary {
  path: string;
  soname: string;
  /** The path of an object outside the scope that needs it; absent where somebody has opened it (dlopen). */
  neededBy?: string;
}

/** What of a scope is mapped now, and redirected. */
export interface ScopeReport {
  id: number;
  objects: ObjectState[];
  shared: SharedLibrary[];
}

/** What of an object has been put back. */
export interface UndoReport {
  path: string;
  /** Slots that hold what they held before. */
  restored: number;
  /** Slots that somebody else has changed since, and that were left alone. */
  foreign: number;
}

/** What the green threads of this environment have done, and what is alive now. */
export interface Counters {
  /** Green threads that have started and not ended. */
  live: number;
  /** Waits on the hub so far. */
  waits: number;
  /** Calls moved to an offload thread so far. */
  offloads: number;
  /** Calls that really blocked although a green thread made them. */
  pins: number;
  /** Offload threads now, in the whole process. */
  offloadThreads: number;
}

/** A row of the table of redirected functions. */
export interface TableRow {
  name: string;
  family: string;
  /** A second family it comes with. */
  also?: string;
  strategy: string;
  /** The manual page whose behaviour it has, and what that says about waiting. */
  page: string;
  behaviours: string[];
  /** The function of which this is another name or the fortified form. */
  aliasOf?: string;
  /** It is of buffered streams: stdio(3). */
  ofStreams?: boolean;
}

/** A function that an ELF file imports. */
export interface Import {
  name: string;
  slots: number;
  /** Of the slots: called through the linkage table, through the offset table, or a pointer in data. */
  kinds: ('jump-slot' | 'glob-dat' | 'absolute')[];
}

/** What an ELF file says of itself; nothing is loaded for it. */
export interface ObjectFacts {
  /** Empty where it has none, as the other strings here. */
  soname: string;
  needed: string[];
  /** DT_RPATH and DT_RUNPATH as they are, colons and `$ORIGIN` included. */
  rpath: string;
  runpath: string;
  /** The dynamic linker is not to look in its cache and its own directories (DF_1_NODEFLIB). */
  noDefaultLibraries: boolean;
  /** Symbol versions without which it is not loaded, such as GLIBC_2.34 of libc.so.6. */
  neededVersions: { library: string; version: string }[];
  definedVersions: string[];
  imports: Import[];
  /** Those of the given symbols that it exports. */
  defined: string[];
  relro: 'none' | 'partial' | 'full';
  /** Who wrote its notes (PT_NOTE): `GNU`, `Go`. */
  notes: string[];
  /** It has no symbol table but the one that the dynamic linker uses. */
  stripped: boolean;
  /** The numbers of system calls that it makes with instructions of its own. */
  systemCalls: number[];
  /** Why it is never redirected; empty where it may be. */
  exclusion: string;
  /** The ABI of Node that it was built for, of an addon that registers itself by a static constructor. */
  registeredAbi?: number;
}

/**
 * What processes share: FIFOs that hold tokens, and file locks. Numbers are results, or `-errno`; descriptors are
 * given by their numbers. Those that wait are for green threads that may be suspended.
 */
export interface Sharing {
  makeFifo(path: string): number;
  put(fd: number, count: number): number;
  take(fd: number, most: number): number;
  tokens(fd: number): number;
  /** Gives `hub::Wake`. */
  waitForTokens(fd: number, milliseconds: number): number;
  tryLock(fd: number): number;
  lock(fd: number): number;
  unlock(fd: number): number;
  punch(fd: number, size: number): number;
  close(fd: number): number;
  canSuspend(): boolean;
  /** Ends the sleep of a green thread, by its index. */
  wake(index: number): boolean;
  /** Runs the next green thread that gets ready until then on this stack. */
  drive(milliseconds: number): void;
}

/** The native addon. Functions that take an index take that of a green thread. Thread: loop, all of it. */
export interface Native {
  activate(): void;
  setResourceAccess(readTop: () => unknown, writeTop: (resource: unknown) => void): void;
  setWarner(warner: (code: string, text: string) => void): void;
  /** In a green thread, once the slots of `stdlib` are redirected: from where libuv's file operations call libc. */
  learnFileCalls(): void;
  /** Makes these calls green in every green thread. */
  askForAll(): void;
  /** Makes them green for the current green thread, if any, until it has left as often. */
  enterAsked(): void;
  leaveAsked(): void;
  /** Runs `body`, with the resource as `this`; of a callback, it throws what that throws before its first wait. */
  spawn<R extends object>(resource: R, body: (this: R) => void, isCallback: boolean): void;
  current(): unknown;
  index(): number;
  park(): Outcome;
  unpark(index: number): boolean;
  cancel(index: number): boolean;
  sleep(milliseconds: number): Outcome;
  /** Whether a green thread calls that may be suspended here. One that may not is counted: it really blocks. */
  mayWait(): boolean;
  enterNoYield(): void;
  leaveNoYield(): void;
  counters(): Counters | undefined;
  /** Whether what green threads wait for is kept for `takeEvents`. */
  trace(on: boolean): void;
  /** What was kept, four numbers each: kind, index and serial of the thread, nanoseconds. */
  takeEvents(): number[] | undefined;
  /** What names the current green thread there, or -1. */
  serial(): number;
  sharing: Sharing;
  enable(families: string[]): ObjectState[];
  patchLibrary(path: string, families: string[]): ObjectState;
  unpatchLibrary(path: string): UndoReport;
  isPatched(path: string): boolean;
  /** Whether the SQLite in the node executable is. */
  isSqlitePatched(): boolean;
  /** Sonames or file names: of what belongs to scopes although others need it, and of what is left alone. */
  prefer(included: readonly string[], excluded: readonly string[]): void;
  /** Of an object that is mapped: each green thread gets thread-local storage of its own. */
  keepThreadLocals(path: string): void;
  /** `id`: of a scope that is extended; 0 for a new one. */
  scope(addons: string[], families: string[], shared: boolean, id: number): ScopeReport;
  /** Puts back what only that scope has asked for. */
  endScope(id: number): UndoReport[];
  /** The objects of which something is redirected, and the others. */
  report(): ObjectState[];
  others(): ObjectState[];
  table(): TableRow[];
  inspect(path: string, symbols?: string[]): ObjectFacts;
}

/** `GREENIFY_ADDON` names another build of the addon, for tests and packagers. */
function addonPath(): string {
  const { arch, env, versions } = process;
  const target = arch === 'x64' ? versions.modules : `${versions.modules}-${arch}`;
  const built = join(__dirname, '..', 'build', `abi-${target}`, 'Release');
  return env['GREENIFY_ADDON'] ?? join(built, 'greenify.node');
}

/** The addon of another copy that is mapped: a second one may find no room for its thread-local storage. */
function otherCopy(path: string): string | undefined {
  const mapped = readFileSync('/proc/self/maps', 'utf8').match(/\/.*\/greenify\.node$/gm) ?? [];
  return mapped.find((other) => other !== path);
}

function load(): Native {
  const path = addonPath();
  try {
    const load = (): Native => createRequire(__filename)(path) as Native;
    return permitted(load, 'greenify is a native addon; start Node with --allow-addons');
  } catch (cause) {
    if (cause instanceof GreenifyError) throw cause;
    const other = otherCopy(path);
    if (other !== undefined) {
      throw new GreenifyError(
        'ERR_GREENIFY_SECOND_COPY',
        `${path}: another copy of greenify is loaded in this process, ${other}; see "npm ls greenify", and have ` +
          'one version for all (npm dedupe, or "overrides" in package.json)',
        { path, cause },
      );
    }
    throw new GreenifyError(
      'ERR_GREENIFY_NOT_BUILT',
      `${path}: the native part cannot be loaded in Node ${process.version}. ` +
        'Run "npm rebuild greenify" with this Node; it needs a C++20 compiler, make and Python 3.',
      { path, cause },
    );
  }
}

export const native: Native = load();
