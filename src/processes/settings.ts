import { join } from 'node:path';
import { setEnvironmentData } from 'node:worker_threads';

import type { PatchKey } from '../families';
import { registeredNames } from '../patches';
import { registryReport } from '../registry/registry';
import { workerKey } from './keys';

/** What a child, or a worker, loads before anything else. */
export const preload = join(__dirname, '..', 'inherited.js');

/** A setting of this process that other processes cannot be given. */
export interface UninheritedSetting {
  by: 'registerPatch' | 'importPatched' | 'patchLib';
  /** The package or library. */
  subject: string;
  reason: string;
}

/** What children and workers that are started from now on get. */
export interface InheritanceReport {
  families: PatchKey[];
  notInherited: UninheritedSetting[];
}

/** As `GREENIFY` has it; undefined while nothing is to be passed on. */
let text: string | undefined;

export function inheritedText(): string | undefined {
  return text;
}

/** The families that are to be passed on from now on, and that those who get them pass them on; undefined: none. */
export function passOn(families: readonly PatchKey[] | undefined): void {
  text = families?.map((key) => (key === 'process' ? 'process:inherit' : key)).join(',');
  setEnvironmentData(workerKey, text);
}

const reasons = {
  registerPatch: 'a patch is JavaScript of this process: register it in the other one, too',
  importPatched: 'a scope belongs to the instance of the package that was loaded',
  patchLib: 'a single library is redirected where it is loaded: call patchLib() there, too',
};

function uninherited(): UninheritedSetting[] {
  const setting = (by: UninheritedSetting['by'], subject: string): UninheritedSetting => ({
    by,
    subject,
    reason: reasons[by],
  });
  const single = registryReport().requests.flatMap(({ by, subject = '' }) =>
    by === 'importPatched' || by === 'patchLib' ? [setting(by, subject)] : [],
  );
  return [...registeredNames().map((name) => setting('registerPatch', name)), ...single];
}

/** What is passed on and what is not; undefined while nothing is to be. */
export function inheritanceReport(families: PatchKey[]): InheritanceReport | undefined {
  return text === undefined ? undefined : { families, notInherited: uninherited() };
}
