import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Whether Node runs in qemu-user (scripts/lib/emulated.mjs). */
export const isEmulated = process.env['GREENIFY_SUITE'] === 'arm64';
const isSanitized = process.env['GREENIFY_SANITIZE'] !== undefined;
const patience = (isEmulated ? 4 : 1) * (isSanitized ? 5 : 1);

/** How a child process ended, and what it said. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface ChildOptions {
  /** Of Node itself, before the script. */
  flags?: string[];
  env?: Record<string, string>;
  /** The directory it runs in; the project's unless told. */
  cwd?: string;
  /** What is on its standard input; nothing unless told. */
  input?: string;
  /** 30 s unless told, longer where Node is emulated or under sanitizers; then the child is killed: `signal` is SIGKILL. */
  timeoutMs?: number;
}

/** Runs this Node with `args` to its end. */
export function runNode(args: string[], options: ChildOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...(options.flags ?? []), ...args], {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: patience * (options.timeoutMs ?? 30_000),
      killSignal: 'SIGKILL',
    });
    child.stdin?.end(options.input);
    let stdout = '';
    let stderr = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs CommonJS code, in which `require('greenify')` works, in a process of its own. */
export function runCommonJs(code: string, options?: ChildOptions): Promise<Ended> {
  return runNode(['--input-type=commonjs', '--eval', code], options);
}

/** Runs an ES module, in which `import 'greenify'` works, in a process of its own. */
export function runModule(code: string, options?: ChildOptions): Promise<Ended> {
  return runNode(['--input-type=module', '--eval', code], options);
}
