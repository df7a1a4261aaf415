import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A function of libc that waited, and the file name of the object that called it. */
export interface BlockingCall {
  name: string;
  object: string;
}

interface SystemCall {
  process: string;
  seconds: number;
  /** As strace(1) prints them: `path(symbol+offset) [address]`, the innermost first. */
  frames: string[];
}

/** What waits for others, not for files, which a busy machine may be slow to give; first of all what starts Node. */
const WAITS =
  'trace=accept,accept4,clock_nanosleep,connect,execve,flock,futex,poll,ppoll,pselect6,recvfrom,recvmsg,' +
  'select,sendmsg,sendto,wait4';

/** The calls of a trace by `strace -f -T -k`; those that another one interrupted count by their end. */
function systemCalls(trace: string): SystemCall[] {
  const calls: SystemCall[] = [];
  let last: SystemCall | undefined;
  for (const line of trace.split('\n')) {
    const ended = /^(\d+) .*<(\d+\.\d+)>$/.exec(line);
    if (ended) {
      last = { process: ended[1] as string, seconds: Number(ended[2]), frames: [] };
      calls.push(last);
    } else if (line.startsWith(' > ')) last?.frames.push(line.slice(3));
    else last = undefined;
  }
  return calls;
}

const isLibc = (frame: string): boolean => /\/libc\.so\.6\(/.test(frame);

/** The outermost function of libc, and who is behind it. */
function blockingCall({ frames }: SystemCall): BlockingCall | undefined {
  const caller = frames.findIndex((frame) => !isLibc(frame));
  const name = /\(_*([a-z0-9_]+?)(?:@.*)?\+/.exec(frames[caller - 1] ?? '')?.[1];
  const object = /^\S*\/([^/\s(]+)\(/.exec(frames[caller] ?? '')?.[1];
  return name !== undefined && object !== undefined ? { name, object } : undefined;
}

/** Runs this Node with `args` under strace(1): in what its loop thread waited for longer than `seconds`. */
export async function traceBlocking(
  args: string[],
  { cwd, seconds }: { cwd: string; seconds: number },
): Promise<BlockingCall[]> {
  const file = join(tmpdir(), `greenify-trace-${process.pid}`);
  // Stopped at those calls alone, and at none for the others: strace(1).
  const options = ['-o', file, '-f', '-T', '-k', '--seccomp-bpf', '-e', WAITS];
  await promisify(execFile)('strace', [...options, process.execPath, ...args], {
    cwd,
    timeout: 100_000,
    killSignal: 'SIGTERM',
  });
  const calls = systemCalls(await readFile(file, 'utf8'));
  await rm(file);
  const loopThread = calls[0]?.process;
  const waited = calls.filter((call) => call.process === loopThread && call.seconds > seconds);
  return waited.flatMap((call) => blockingCall(call) ?? []);
}
