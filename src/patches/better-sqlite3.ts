import { spawn } from '../thread';
import type { PackagePatch } from './patch';
import { isInUse, oneAtATime } from './serialise';
import { changeResult, prototypeOf, serialiseMade, serialiseTransactions } from './sqlite';

interface Progress {
  totalPages: number;
  remainingPages: number;
}

interface Backup {
  transfer(pages: number): Progress;
  close(): unknown;
}

/**
 * A backup is made in steps on the loop stack, where nobody can wait for a turn, and better-sqlite3 aborts the process
 * when a step comes in the middle of a statement. Such a step copies nothing, as one that SQLite answers with
 * SQLITE_BUSY: better-sqlite3 then makes the next one.
 */
class PatientBackup implements Backup {
  #backup: Backup | undefined;
  /** Before the first step, nothing is known but that there is something to copy. */
  #progress: Progress = { totalPages: 1, remainingPages: 1 };

  constructor(
    private readonly database: object,
    private readonly begin: () => Backup,
  ) {
    if (!isInUse(database)) this.#backup = begin();
  }

  transfer(pages: number): Progress {
    if (isInUse(this.database)) return this.#progress;
    this.#backup ??= this.begin();
    this.#progress = this.#backup.transfer(pages);
    return this.#progress;
  }

  close(): this {
    const close = (): unknown => this.#backup?.close();
    if (isInUse(this.database)) void spawn(() => oneAtATime(this.database, 'backup', close));
    else close();
    return this;
  }
}

type MakeBackup = (this: object, database: object, ...args: unknown[]) => Backup;
interface NativeDatabase {
  backup: MakeBackup;
}

const patient = new WeakSet<MakeBackup>();

/** The native object behind a database is the value of a symbol of its own. */
function nativeOf(database: object): NativeDatabase | undefined {
  return Object.getOwnPropertySymbols(database)
    .map((symbol) => (database as Record<symbol, Partial<NativeDatabase> | undefined>)[symbol])
    .find((value): value is NativeDatabase => typeof value?.backup === 'function');
}

function makeBackupsPatient(database: object): void {
  const native = nativeOf(database);
  if (native === undefined || patient.has(native.backup)) return;
  const { backup } = native;
  const replacement: MakeBackup = function (owner, ...args) {
    return new PatientBackup(owner, () => Reflect.apply(backup, this, [owner, ...args]));
  };
  patient.add(replacement);
  (Object.getPrototypeOf(native) as NativeDatabase).backup = replacement;
}

export const patch: PackagePatch = {
  name: 'better-sqlite3',
  versions: '^12.0.0 || ^13.0.0',
  families: ['sleep'],
  files: ['lib/index.js', 'lib/linux-x64.js', 'lib/linux-arm64.js'],
  serialise: [
    {
      methods: [
        'aggregate',
        'close',
        'defaultSafeIntegers',
        'exec',
        'explain',
        'function',
        'loadExtension',
        'pragma',
        'prepare',
        'serialize',
        'table',
        'transaction',
        'unsafeMode',
      ],
    },
  ],
  wrap(exports) {
    const prototype = prototypeOf(exports);
    serialiseMade(prototype, {
      by: 'prepare',
      methods: [
        'all',
        'bind',
        'columns',
        'expand',
        'get',
        'iterate',
        'pluck',
        'raw',
        'run',
        'safeIntegers',
      ],
      makes: [{ by: 'iterate', methods: ['next', 'return'] }],
    });
    serialiseTransactions(prototype);
    // Its native part is called when the target has been looked at: the connection's is known long before.
    changeResult(prototype, 'backup', (done, database) => {
      makeBackupsPatient(database);
      return done;
    });
    return exports;
  },
  why:
    'SQLite is compiled in without mutexes for its connections, and a locked database is waited for in nanosleep(2) ' +
    'in the middle of a statement: other green threads wait for the connection’s statement, or transaction(), to end.',
};
