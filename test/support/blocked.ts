import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** A function of libc that an object has called, and that has waited in the kernel. */
export interface BlockedCall {
  /** The path of the object that has called libc. */
  object: string;
  /** Without the marks of its 64-bit and fortified forms; `lock` for all that waits for a futex. */
  name: string;
  /** In all its system calls together. */
  ms: number;
}

// Of strace(1): those with a question mark are not there on every architecture. Opening and reading are left out: Node
// does that hundreds of times before a package waits, and each stack costs milliseconds.
const traced = [
  ...['?poll', 'ppoll', '?select', 'pselect6', '?epoll_wait', 'epoll_pwait', 'nanosleep'],
  ...['clock_nanosleep', 'recvfrom', 'recvmsg', 'sendto', 'connect', 'accept', 'accept4', 'flock'],
  ...['fcntl', 'futex', 'fsync', 'fdatasync', 'wait4', 'waitid'],
];

/** `nanosleep` of `__nanosleep64+0x13`. */
function plainName(symbol: string): string {
  return symbol
    .replace(/\+0x[\da-f]+$/, '')
    .replace(/^_+(libc_)?/, '')
    .replace(/64$/, '');
}

/** A frame of a stack: ` > /path/of/object(function+0x13) [0x…]`. */
function frameOf(line: string): { object: string; symbol: string } | undefined {
  const [, object, symbol] = /^ > ([^(]+)\((.*)\) \[0x/.exec(line) ?? [];
  return object === undefined || symbol === undefined ? undefined : { object, symbol };
}

const isLibc = (object: string): boolean => /\/libc\.so\.6$|\/libc-[\d.]+\.so$/.test(object);

/** Who has called libc, and which function of it, by the stack below a system call. */
function callerOf(stack: string[]): { object: string; name: string } | undefined {
  const frames = stack.map(frameOf);
  const outside = frames.findIndex((frame) => frame !== undefined && !isLibc(frame.object));
  const [inside, caller] = [frames[outside - 1], frames[outside]];
  if (inside === undefined || caller === undefined) return undefined;
  return { object: caller.object, name: plainName(inside.symbol) };
}

/** One element for each system call: its line, and the frames below. */
function recordsOf(trace: string): string[][] {
  const records: string[][] = [];
  for (const line of trace.split('\n')) {
    if (line.startsWith(' > ')) records.at(-1)?.push(line);
    else records.push([line]);
  }
  return records;
}

function blockedIn([call = '', ...stack]: string[]): BlockedCall[] {
  const [, systemCall, seconds] = /^(\w+)\(.*<(\d+\.\d+)>$/.exec(call) ?? [];
  const caller = callerOf(stack);
  if (seconds === undefined || caller === undefined) return [];
  // libc's locks wait in functions without a name, which are taken for what lies before them.
  const name = systemCall === 'futex' ? 'lock' : caller.name;
  return [{ ...caller, name, ms: Number(seconds) * 1000 }];
}

/** Calls of one function by one object are one. */
function together(calls: BlockedCall[]): BlockedCall[] {
  const totals = new Map<string, BlockedCall>();
  for (const call of calls) {
    const key = `${call.object} ${call.name}`;
    totals.set(key, { ...call, ms: call.ms + (totals.get(key)?.ms ?? 0) });
  }
  return [...totals.values()];
}

/**
 * Runs a Node program on its own and gives what its main thread has called of libc that took `leastMs` or longer in
 * system calls, by strace(1).
 *
 * @param file where the trace is written to
 */
export async function blockedCalls(
  args: string[],
  file: string,
  leastMs: number,
): Promise<BlockedCall[]> {
  const options = ['-k', '-T', '-o', file, '-e', `trace=${traced.join(',')}`];
  await promisify(execFile)('strace', [...options, process.execPath, ...args]);
  const calls = recordsOf(readFileSync(file, 'utf8')).flatMap(blockedIn);
  return together(calls).filter(({ ms }) => ms >= leastMs);
}
