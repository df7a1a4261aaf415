/** Which processors run what, by taskset(1). On a machine with one of them nothing is pinned. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Those that this process may run on. */
async function allowed() {
  const { stdout } = await run('taskset', ['-cp', String(process.pid)]);
  const ranges = stdout.slice(stdout.lastIndexOf(':') + 1).split(',');
  return ranges.flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** All threads of a process. */
const pin = (processors, pid) => run('taskset', ['-acp', processors.join(','), String(pid)]);

/**
 * Runs `fn` while this process, and what it starts, leaves one processor free. `fn` is given a function that lets a
 * process run on all of them.
 */
export async function withFreeProcessor(fn) {
  const all = await allowed();
  const others = all.slice(1);
  if (others.length === 0) return fn(async () => {});
  await pin(others, process.pid);
  try {
    return await fn((pid) => pin(all, pid));
  } finally {
    await pin(all, process.pid);
  }
}
