import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

type Frames = readonly { getFileName(): string | null | undefined }[];

/** The file of the code that has called `callee`; a file in the working directory where that has none (--eval). */
export function callerOf(callee: (...args: never[]) => unknown): string {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = 1;
    Error.prepareStackTrace = (_error, frames) => frames;
    Error.captureStackTrace(holder, callee);
    const [frame] = holder.stack as Frames;
    const file = frame?.getFileName() ?? '';
    if (file.startsWith('file:')) return fileURLToPath(file);
    return file.startsWith('/') ? file : join(process.cwd(), 'noop.js');
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
