/** What a {@link GreenifyError} carries beside its message and code. */
export interface GreenifyErrorDetails {
  /** The file or library that the error is about. */
  path?: string;
  /** The function that the error is about. */
  symbol?: string;
  /** The error number of the system call that failed. */
  errno?: number;
  cause?: unknown;
}

/** Every error that greenify itself throws, but for the `TypeError`s about wrong arguments. */
export class GreenifyError extends Error {
  override readonly name = 'GreenifyError';
  /** Stable, for programs: `ERR_GREENIFY_…`. */
  readonly code: string;
  declare readonly path?: string;
  declare readonly symbol?: string;
  declare readonly errno?: number;

  constructor(code: string, message: string, details: GreenifyErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    for (const key of ['path', 'symbol', 'errno'] as const) {
      if (details[key] !== undefined) Object.assign(this, { [key]: details[key] });
    }
  }
}

/** Runs a native function; what it throws becomes a {@link GreenifyError} with the same code and details. */
export function typed<T>(call: () => T): T {
  try {
    return call();
  } catch (thrown) {
    const error = thrown as GreenifyErrorDetails & { code?: unknown; message: string };
    if (typeof error?.code !== 'string' || !error.code.startsWith('ERR_GREENIFY_')) throw thrown;
    throw new GreenifyError(error.code, error.message, error);
  }
}

/**
 * Runs what Node's permission model may refuse; then a {@link GreenifyError} says what greenify needs it for, and
 * how to allow it.
 */
export function permitted<T>(call: () => T, need: string): T {
  try {
    return call();
  } catch (cause) {
    const { code } = cause as { code?: unknown };
    if (code !== 'ERR_ACCESS_DENIED' && code !== 'ERR_DLOPEN_DISABLED') throw cause;
    throw new GreenifyError('ERR_GREENIFY_PERMISSION', `node --permission: ${need}`, { cause });
  }
}

/** A `TypeError` with Node's code for wrong arguments. */
export function invalidArgument(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' });
}
