import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

import { likeOriginal } from '../functions';
import { inheritedVariables } from './environment';

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Of `NAME=value`; the last of two counts, as for Node. */
function fromPairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const end = pair.indexOf('=');
      return [pair.slice(0, end), pair.slice(end + 1)];
    }),
  );
}

function withPairs(options: unknown): unknown {
  if (!isRecord(options)) return options;
  const { envPairs } = options;
  if (envPairs !== undefined && !Array.isArray(envPairs)) return options;
  const given = envPairs === undefined ? { ...process.env } : fromPairs(envPairs as string[]);
  const added = inheritedVariables(given);
  const pairs = Object.entries({ ...given, ...added }).map(([name, value]) => `${name}=${value}`);
  return { ...options, envPairs: pairs };
}

function withEnvironment(options: unknown): unknown {
  if (options !== undefined && !isRecord(options)) return options;
  const given = options?.['env'] ?? process.env;
  if (!isRecord(given)) return options;
  const env: Record<string, unknown> = {};
  for (const key in given) env[key] = given[key]; // as Node does it, inherited ones included
  return {
    ...options,
    env: { ...env, ...inheritedVariables(env as Record<string, string | undefined>) },
  };
}

/** `file` and then maybe arguments, as `spawnSync` takes them. */
function optionsOfFile(args: unknown[]): number {
  return Array.isArray(args[1]) || args[1] === undefined || args[1] === null ? 2 : 1;
}

function replace(target: object, name: string, changed: (args: unknown[]) => unknown[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(target, name);
  const plain = descriptor?.value as AnyFunction;
  const value = likeOriginal(plain, function (this: unknown, ...args: unknown[]) {
    return Reflect.apply(plain, this, changed(args));
  });
  Object.defineProperty(target, name, { ...descriptor, value });
}

function replaceSync(name: string, optionsAt: (args: unknown[]) => number): void {
  replace(childProcess, name, (args) => {
    const at = optionsAt(args);
    const changed = [...args];
    changed[at] = withEnvironment(args[at]);
    return changed;
  });
}

let installed = false;

/**
 * Has every child get what is passed on: those of `spawn`, `fork`, `exec`, `execFile` and `cluster` where all of them
 * are started, and those of the three functions that wait, by their options.
 */
export function hookChildren(): void {
  if (installed) return;
  installed = true;
  replace(childProcess.ChildProcess.prototype, 'spawn', ([options, ...rest]) => [
    withPairs(options),
    ...rest,
  ]);
  replaceSync('spawnSync', optionsOfFile);
  replaceSync('execFileSync', optionsOfFile);
  replaceSync('execSync', () => 1);
  syncBuiltinESMExports();
}
