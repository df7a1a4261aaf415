import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';

import { inheritedText, preload } from './settings';

const option = `--require=${preload}`;

/** Those of this process's options that a worker takes; others hold for all threads of the process anyway. */
let ownArguments = process.execArgv;

/** The options that a worker has refused: "Initiated Worker with invalid execArgv flags: --a, --b". */
function refused(error: unknown): string[] | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_WORKER_INVALID_EXEC_ARGV') return undefined;
  return message.slice(message.indexOf(': ') + 2).split(', ');
}

/** Leaves out what a worker has refused. False when that helps nothing. */
function learn(error: unknown): boolean {
  const flags = refused(error);
  if (flags === undefined || ownArguments.length === 0) return false;
  const rest = ownArguments.filter((argument) => !flags.includes(argument));
  ownArguments = rest.length < ownArguments.length ? rest : [];
  return true;
}

type NewTarget = Parameters<typeof Reflect.construct>[2] & object;
type Construct = (options: WorkerOptions) => object;

function constructInheriting(options: WorkerOptions, construct: Construct): object {
  const given = options.execArgv;
  if (given !== undefined) return construct({ ...options, execArgv: [...given, option] });
  for (;;) {
    try {
      return construct({ ...options, execArgv: [...ownArguments, option] });
    } catch (error) {
      if (!learn(error)) throw error;
    }
  }
}

/** Whether Node, rather than we, is to say what is wrong with them. */
function isWrong(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return true;
  const { execArgv } = options as WorkerOptions;
  return execArgv !== undefined && !Array.isArray(execArgv);
}

let installed = false;

/**
 * Has every worker load greenify first. Its own arguments are given to it: it takes none from NODE_OPTIONS of this
 * process, which may have been set later. What it is to patch is in its environment data, whatever its `env`.
 */
export function hookWorkers(): void {
  if (installed) return;
  installed = true;
  workerThreads.Worker = new Proxy(workerThreads.Worker, {
    construct(target, args: unknown[], newTarget: NewTarget): object {
      const [file, options = {}, ...rest] = args;
      const construct = (changed: unknown): object =>
        Reflect.construct(target, [file, changed, ...rest], newTarget) as object;
      if (inheritedText() === undefined || isWrong(options)) return construct(args[1]);
      return constructInheriting(options as WorkerOptions, construct);
    },
  });
  syncBuiltinESMExports();
}
