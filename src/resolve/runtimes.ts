import type { ObjectFacts } from '../native';

/** A language runtime that looks at the kernel thread's stack, and so cannot run on a green thread's. */
interface Runtime {
  name: string;
  /** Of the library that is the runtime. */
  soname?: RegExp;
  /** Functions that an object exports which has the runtime inside. */
  symbols: string[];
  /** Who writes the notes (PT_NOTE) of an object that has the runtime inside; they outlive `strip`. */
  notes?: string;
  /** What it does with the stack. */
  why: string;
}

const runtimes: Runtime[] = [
  {
    name: 'Java',
    soname: /^libjvm\.so/,
    symbols: ['JNI_CreateJavaVM'],
    why: 'the Java VM checks and guards the stack of the kernel thread that calls it',
  },
  {
    name: 'Go',
    symbols: ['crosscall2', '_cgo_topofstack'],
    notes: 'Go',
    why: 'Go’s runtime records where the kernel thread’s stack ends when C calls into it',
  },
  {
    name: '.NET',
    soname: /^libcoreclr\.so/,
    symbols: ['coreclr_initialize', 'DotNetRuntimeDebugHeader'],
    why: '.NET walks and checks the stack of the kernel thread that calls it',
  },
  {
    name: 'Python',
    // 3.14 is the first that checks the stack's bounds.
    soname: /^libpython3\.(1[4-9]|[2-9]\d)/,
    symbols: [],
    why: 'CPython from 3.14 on checks the bounds of the kernel thread’s stack',
  },
  {
    name: 'the Boehm collector',
    soname: /^libgc\.so/,
    symbols: ['GC_init'],
    why: 'it scans the kernel thread’s stack from its start, and misses what is on a green thread’s',
  },
];

/** Every inspected file is asked whether it exports these. */
export const runtimeSymbols = runtimes.flatMap(({ symbols }) => symbols);

/** Which runtime that checks stack bounds an object is, or has inside. */
export function stackCheckingRuntime(
  facts: ObjectFacts,
): { name: string; why: string } | undefined {
  return runtimes.find(
    ({ soname, symbols, notes }) =>
      soname?.test(facts.soname) === true ||
      symbols.some((name) => facts.defined.includes(name)) ||
      (notes !== undefined && facts.notes.includes(notes)),
  );
}
