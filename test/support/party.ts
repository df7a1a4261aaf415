import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(
  new URL('../fixtures/scripts/multiprocessing/party.mjs', import.meta.url),
);

export interface Told<T> {
  result: T;
  /** How long that took. */
  milliseconds: number;
  /** How often a timer of 5 ms has fired in that process meanwhile. */
  ticks: number;
}

/** Another process that takes part in something; what it tells, and when it has ended. */
export interface Partner<T> {
  process: ChildProcess;
  told: Promise<Told<T>>;
}

/** Has another process do a part of test/fixtures/scripts/multiprocessing/party.mjs. */
export function partner<T = void>(part: string, what: object): Partner<T> {
  const child = fork(script, { serialization: 'advanced' });
  child.send({ part, ...what });
  const told = new Promise<Told<T>>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Told<T>));
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`ended early: ${code ?? signal}`)));
  });
  return { process: child, told };
}

export function partners<T = void>(number: number, part: string, what: object): Promise<Told<T>[]> {
  return Promise.all(Array.from({ length: number }, () => partner<T>(part, what).told));
}

/**
 * Milliseconds from one tick to the next in the process where that took longest: 5 and a little, or all the time
 * that its part took when its event loop stood still.
 */
export function slowestPace(told: Told<unknown>[]): number {
  return Math.max(...told.map(({ milliseconds, ticks }) => milliseconds / (ticks + 1)));
}

export async function kill({ process: child }: Partner<unknown>): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}
