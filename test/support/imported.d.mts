/** What the first line of a program must be for each package, and on which versions of Node it can be used. */
export const importedPackages: Record<string, { patch: string; from?: number; to?: number }>;

/** Whether the running Node is one of the versions that the package supports. */
export function isSupported(name: string): boolean;

/** The first line of a program that uses the package. */
export function patching(name: string): string;

/** In milliseconds. */
export interface Waited {
  /** How long the package's call took. */
  ms: number;
  /** The longest time between two turns of the event loop meanwhile. */
  gap: number;
}

/** Runs a program whose first line is `first`, and which waits in the package, in a green thread. */
export function waitIn(name: string, first: string, flags?: string[]): Promise<Waited>;
