export interface Result {
  name: string;
  state: 'passed' | 'failed' | 'skipped';
  reason?: string;
}

export interface Context {
  node: { execPath: string; version: string };
  directory: string;
  env: NodeJS.ProcessEnv;
  /** The file that what was printed goes to. */
  log: string;
  /** Whether tests begin in green threads. */
  green: boolean;
}

export interface Runner {
  canBeGreen: boolean;
  run(context: Context): Promise<{ results: Result[]; crashes: number }>;
}

export function filesRunner(options: {
  files: string[] | ((directory: string) => string[]);
  flagsOf?: (path: string) => string[];
}): Runner;
export function mochaRunner(options?: {
  args?: string[];
  flagsOn?: (node: { version: string }) => string[];
}): Runner;
export function nodeTestRunner(options: { folder: string; pattern: RegExp }): Runner;
