import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Frame {
  getFileName(): string | null | undefined;
  getScriptNameOrSourceURL(): string | null | undefined;
}

type Callee = (...args: never[]) => unknown;

function frameOfCaller(callee: Callee): Frame | undefined {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- only put back
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_error, frames) => frames;
    Error.captureStackTrace(holder, callee);
    return (holder.stack as readonly Frame[])[0];
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The file of the code that has called `callee`; a file in the working directory where that has none (--eval). */
export function callerOf(callee: Callee): string {
  const file = frameOfCaller(callee)?.getFileName() ?? '';
  if (file.startsWith('file:')) return fileURLToPath(file);
  return file.startsWith('/') ? file : join(process.cwd(), 'noop.js');
}

/** What the script that has called `callee` is called in stack traces. */
export function callingScript(callee: Callee): string | undefined {
  return frameOfCaller(callee)?.getScriptNameOrSourceURL() ?? undefined;
}
