import {
  accessSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { native } from '../native';
import { checked } from './waiting';

const prefix = 'greenify-';
const owner = 'owner';

let directory: string | undefined;
let paths = 0;

/** In memory where there is such a directory, as POSIX's own shared objects are (shm_overview(7)). */
function parent(): string {
  const chosen = process.env['GREENIFY_SHARED_DIRECTORY'];
  if (chosen !== undefined && chosen !== '') return chosen;
  try {
    accessSync('/dev/shm', constants.W_OK);
    return '/dev/shm';
  } catch {
    return tmpdir();
  }
}

/** Whoever has made a directory keeps its `owner` file locked; the lock ends with the process. */
function isLeft(path: string): boolean {
  let fd: number;
  try {
    fd = openSync(join(path, owner), 'r+');
  } catch {
    return false; // another user's, or one that is just being made
  }
  const free = native.sharing.tryLock(fd) === 0;
  native.sharing.close(fd);
  return free;
}

/** Removes what processes have left that had no time to. */
function sweep(within: string): void {
  const names = readdirSync(within).filter((name) => name.startsWith(prefix));
  for (const path of names.map((name) => join(within, name))) {
    if (isLeft(path)) rmSync(path, { recursive: true, force: true });
  }
}

function make(): string {
  const within = parent();
  sweep(within);
  const made = mkdtempSync(join(within, prefix));
  const unlocked = join(made, 'owner.new');
  checked(native.sharing.tryLock(openSync(unlocked, 'wx', 0o600)), 'flock', unlocked);
  renameSync(unlocked, join(made, owner));
  process.once('exit', () => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** A path that nobody has, in a directory of this environment that is removed at its end. */
export function newPath(kind: string): string {
  directory ??= make();
  return join(directory, `${kind}-${(paths += 1)}`);
}
