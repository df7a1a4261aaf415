import { fileURLToPath } from 'node:url';
import { runNode } from './child';

interface HandOver {
  milliseconds: number;
  /** Of each process: how often a timer of 5 ms has fired, and the longest time between two. */
  loops: { ticks: number; longest: number }[];
}

/** Two processes hand a POSIX semaphore back and forth. */
export async function handOver(rounds: number): Promise<HandOver> {
  const script = fileURLToPath(
    new URL('../fixtures/scripts/processes/hand-over.mjs', import.meta.url),
  );
  const { stdout, stderr } = await runNode([script, String(rounds)], { timeoutMs: 120_000 });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as HandOver;
}
