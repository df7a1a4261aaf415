import { execFileSync, spawn as spawnProcess } from 'node:child_process';
import { once } from 'node:events';
import { constants as fs, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures';
import { behaviour } from './behaviour';
import { recordLock, vectors } from './structures';
import * as ways from './ways';
import { bytes, errno, everyWay, stillWaits, type Call, type Desk, type Outcome } from './ways';

const { O_CREAT, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } = fs;
const AT_FDCWD = -100;
const write = ways.originalCalls['write']!;

function newFifo(): string {
  const path = ways.newPath();
  execFileSync('mkfifo', [path]);
  return path;
}

function newFile(contents: string): string {
  const path = ways.newPath();
  writeFileSync(path, contents);
  return path;
}

describe('opening waits as the kernel does', () => {
  const openers = ['open', 'openat'] as const;
  const makers = ['open', 'openat', 'creat'] as const;

  /** Opens by each function's own arguments. */
  const open = (call: Call, name: string, path: string, flags: number): Promise<Outcome> => {
    if (name === 'creat') return call('creat', path, 0o600);
    return name === 'open'
      ? call('open', path, flags, 0o600)
      : call('openat', AT_FDCWD, path, flags, 0o600);
  };

  describe.each(makers)('%s', (name) => {
    behaviour(makers, 'FIFO')('a FIFO, for its other end', async () => {
      const outcome = await everyWay(async (call, desk) => {
        const path = newFifo();
        const pending = open(call, name, path, O_WRONLY);
        await stillWaits(pending);
        const from = desk.keep(openSync(path, O_RDONLY | O_NONBLOCK));
        const to = desk.keep((await pending).result);
        write(to, bytes('through'));
        return (await call('read', from, 100)).data?.toString();
      });
      expect(outcome).toBe('through');
    });

    behaviour(makers, ['regular file', 'ENOENT'])('files are there or not', async () => {
      const outcome = await everyWay(async (call, desk) => {
        const path = newFile('old contents');
        const file = desk.keep((await open(call, name, path, O_WRONLY | O_TRUNC)).result);
        write(file, bytes('new'));
        const made = ways.newPath();
        const fd = (await open(call, name, made, O_RDWR | O_CREAT)).result;
        desk.keep(fd);
        const mode = statSync(made).mode & 0o777;
        const nowhere = await open(call, name, `${path}/in/a/file`, O_RDONLY);
        return [readFileSync(path, 'utf8'), mode, nowhere];
      });
      expect(outcome).toEqual(['new', 0o600, { result: -1, errno: errno.ENOTDIR }]);
    });
  });

  behaviour(openers, 'O_NONBLOCK')('a FIFO, not with O_NONBLOCK', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const path = newFifo();
      const reading = await open(call, 'open', path, O_RDONLY | O_NONBLOCK);
      desk.keep(reading.result);
      const alone = newFifo();
      return [
        reading.errno,
        await open(call, 'open', alone, O_WRONLY | O_NONBLOCK),
        await open(call, 'openat', alone, O_WRONLY | O_NONBLOCK),
      ];
    });
    expect(outcomes).toEqual([0, ...Array(2).fill({ result: -1, errno: errno.ENXIO })]);
  });

  it('openat, from a directory', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const path = newFile('found');
      const directory = desk.keep(openSync(dirname(path), 'r'));
      const name = path.slice(dirname(path).length + 1);
      const fd = desk.keep((await call('openat', directory, name, O_RDONLY)).result);
      return [(await call('read', fd, 9)).data, await call('openat', fd, name, O_RDONLY)];
    });
    expect(outcome).toEqual([bytes('found'), { result: -1, errno: errno.ENOTDIR }]);
  });
});

describe('reading and writing at an offset', () => {
  const readers = ['pread', 'preadv', 'preadv2'] as const;
  const writers = ['pwrite', 'pwritev', 'pwritev2'] as const;
  const versioned = ['preadv2', 'pwritev2'] as const;
  const RWF_DSYNC = 2;
  const RWF_NOWAIT = 8;

  const at = (call: Call, name: string, fd: number, buffer: Buffer, offset: number) =>
    name === 'pread' || name === 'pwrite'
      ? call(name, fd, buffer, buffer.length, offset)
      : call(name, fd, vectors(buffer), 1, offset, 0);

  /** What happens to a file of ten digits. */
  const onFile = (name: string, offset: number) =>
    everyWay(async (call, desk) => {
      const path = newFile('0123456789');
      const file = desk.keep(openSync(path, 'r+'));
      const buffer = Buffer.alloc(4, 'x');
      const outcome = await at(call, name, file, buffer, offset);
      return { outcome, buffer: buffer.toString(), file: readFileSync(path, 'latin1') };
    });

  behaviour(readers, ['regular file', 'end of file'])('reads what is there', async () => {
    for (const name of readers) {
      expect(await onFile(name, 3)).toMatchObject({ outcome: { result: 4 }, buffer: '3456' });
      expect(await onFile(name, 8)).toMatchObject({ outcome: { result: 2 }, buffer: '89xx' });
      expect(await onFile(name, 10)).toMatchObject({ outcome: { result: 0 } });
      expect(await onFile(name, -5)).toMatchObject({ outcome: { errno: errno.EINVAL } });
    }
  });

  behaviour(writers, ['regular file', 'end of file'])('writes, also behind the end', async () => {
    for (const name of writers) {
      expect(await onFile(name, 3)).toMatchObject({ outcome: { result: 4 }, file: '012xxxx789' });
      const { file } = await onFile(name, 12);
      expect(file).toBe('0123456789\0\0xxxx');
    }
  });

  behaviour([...readers, ...writers], 'ESPIPE')('not on what has no offsets', async () => {
    for (const name of [...readers, ...writers]) {
      const outcome = await everyWay((call, desk) => {
        const [from, to] = desk.pipe();
        return at(call, name, name.startsWith('pr') ? from : to, Buffer.alloc(4), 0);
      });
      expect(outcome, name).toEqual({ result: -1, errno: errno.ESPIPE });
    }
  });

  behaviour(versioned, ['pipe', 'RWF_NOWAIT'])(
    'from the position of the descriptor, with an offset of -1',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [from, to] = desk.pipe();
        const buffer = Buffer.alloc(5);
        const impatient = await call('preadv2', from, vectors(buffer), 1, -1, RWF_NOWAIT);
        const pending = call('preadv2', from, vectors(buffer), 1, -1, 0);
        await stillWaits(pending);
        const written = await call('pwritev2', to, vectors(bytes('piped')), 1, -1, 0);
        const read = [await pending, buffer.toString()];
        const big = Buffer.alloc(100_000);
        const room = call('pwritev2', to, vectors(big), 1, -1, 0);
        await stillWaits(room);
        await ways.drain(from, big.length);
        return [impatient, written.result, read, await room];
      });
      expect(outcomes).toEqual([
        { result: -1, errno: errno.EAGAIN },
        5,
        [{ result: 5, errno: 0 }, 'piped'],
        { result: 100_000, errno: 0 },
      ]);
    },
  );

  it('through to the disk, and reports flags that nobody knows', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const file = desk.keep(openSync(newFile(''), 'r+'));
      return [
        await call('pwritev2', file, vectors(bytes('kept')), 1, 0, RWF_DSYNC),
        await call('preadv2', file, vectors(bytes('    ')), 1, 0, 1 << 20),
      ];
    });
    expect(outcomes).toEqual([
      { result: 4, errno: 0 },
      { result: -1, errno: errno.EOPNOTSUPP },
    ]);
  });
});

const syncers = ['fsync', 'fdatasync'] as const;
behaviour(syncers, ['regular file', 'EINVAL'])('fsync and fdatasync', async () => {
  const outcomes = await everyWay(async (call, desk) => {
    const results: Outcome[] = [];
    for (const name of syncers) {
      results.push(await call(name, desk.keep(openSync(newFile('x'), 'r+'))));
      results.push(await call(name, desk.pipe()[0]));
    }
    return results;
  });
  const both = [0, errno.EINVAL];
  expect(outcomes.map((outcome) => outcome.errno)).toEqual([...both, ...both]);
});

describe('locks on files', () => {
  const [LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN] = [1, 2, 4, 8];
  const [F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW] = [6, 7, 37, 38];
  const [F_WRLCK, F_UNLCK] = [1, 2];
  const [F_ULOCK, F_LOCK, F_TLOCK] = [0, 1, 2];
  const twice = (desk: Desk): [number, number] => {
    const path = newFile('x');
    return [desk.keep(openSync(path, 'r+')), desk.keep(openSync(path, 'r+'))];
  };

  behaviour('flock', ['held elsewhere', 'LOCK_NB', 'LOCK_SH'])('flock', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [one, other] = twice(desk);
      const shared = [await call('flock', one, LOCK_SH), await call('flock', other, LOCK_SH)];
      const refused = await call('flock', other, LOCK_EX | LOCK_NB);
      const again = await call('flock', other, LOCK_SH);
      const pending = call('flock', other, LOCK_EX);
      await stillWaits(pending);
      await call('flock', one, LOCK_UN);
      return [...shared, refused, again, await pending, await call('flock', 99_999, LOCK_EX)];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[0, 0, errno.EAGAIN, 0, 0, errno.EBADF],
    ]);
  });

  behaviour('fcntl', ['F_OFD_SETLKW', 'other commands'])('of an open file', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [one, other] = twice(desk);
      const first = await call('fcntl', one, F_OFD_SETLKW, recordLock(F_WRLCK));
      const refused = await call('fcntl', other, F_OFD_SETLK, recordLock(F_WRLCK));
      const pending = call('fcntl', other, F_OFD_SETLKW, recordLock(F_WRLCK));
      await stillWaits(pending);
      await call('fcntl', one, F_OFD_SETLK, recordLock(F_UNLCK));
      const [F_SETFD, F_GETFD] = [2, 1];
      await call('fcntl', one, F_SETFD, 0);
      return [first, refused, await pending, await call('fcntl', one, F_GETFD)];
    });
    expect(outcomes).toEqual([
      { result: 0, errno: 0 },
      { result: -1, errno: errno.EAGAIN },
      ...Array(2).fill({ result: 0, errno: 0 }),
    ]);
  });

  /** Another process that holds a record lock on the file, until it is told to let go. */
  async function held(path: string): Promise<{ letGo: () => void }> {
    const program = `
      const calls = require(${JSON.stringify(fixturePath('calls'))});
      const lock = Buffer.from(${JSON.stringify([...recordLock(F_WRLCK)])});
      const file = require('fs').openSync(${JSON.stringify(path)}, 'r+');
      console.log(calls.fcntl(file, ${F_SETLK}, lock).result);
      process.stdin.on('data', () => process.exit());`;
    const holder = spawnProcess(process.execPath, ['-e', program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [said] = (await once(holder.stdout, 'data')) as [Buffer];
    expect(said.toString()).toBe('0\n');
    return { letGo: () => holder.stdin.end('now') };
  }

  behaviour('fcntl', ['F_SETLKW', 'F_SETLK'])('of a process, held by another', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const path = newFile('x');
      const file = desk.keep(openSync(path, 'r+'));
      const holder = await held(path);
      const refused = await call('fcntl', file, F_SETLK, recordLock(F_WRLCK));
      const pending = call('fcntl', file, F_SETLKW, recordLock(F_WRLCK));
      await stillWaits(pending);
      holder.letGo();
      return [refused, await pending];
    });
    expect(outcomes).toEqual([
      { result: -1, errno: errno.EAGAIN },
      { result: 0, errno: 0 },
    ]);
  });

  behaviour('lockf', ['F_LOCK', 'F_TLOCK'])('lockf, held by another', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const path = newFile('x');
      const file = desk.keep(openSync(path, 'r+'));
      const holder = await held(path);
      const refused = await call('lockf', file, F_TLOCK, 1);
      const pending = call('lockf', file, F_LOCK, 1);
      await stillWaits(pending);
      holder.letGo();
      return [refused, await pending, await call('lockf', file, F_ULOCK, 1)];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([errno.EAGAIN, 0, 0]);
  });
});
