// Programs on files and names.
import { F_UNLCK, F_WRLCK, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, slot, seed } from './choices.mjs';

const PIPE_SIZE = 65_536; // pipe(7)

export const files = {
  longMs: 2.5,

  step(program, random) {
    const a = slot(random);
    const bytes = random.pick([0, 1, 100, 5000, 70_000]);
    const offset = random.pick([0, 0, 1, 50, 4096, 100_000, -1]);
    const whence = random.below(3);
    program.do(
      ...random.weighted([
        [8, ['open', a, random.below(4), random.below(6), random.below(2)]],
        [3, ['pipe', a, slot(random), 0]],
        [4, ['sendfile', a, slot(random), bytes, offset]],
        [6, ['splice', a, slot(random), bytes, offset]],
        [8, ['read', a, bytes]],
        [4, ['readv', a, bytes]],
        [8, ['write', a, bytes, seed(random)]],
        [4, ['writev', a, bytes, seed(random)]],
        [8, ['pread', a, bytes, offset]],
        [8, ['pwrite', a, bytes, offset, seed(random)]],
        [4, ['preadv', a, bytes, offset]],
        [4, ['pwritev', a, bytes, offset, seed(random)]],
        [4, ['lseek', a, offset, whence]],
        [2, ['ftruncate', a, random.pick([0, 10, 10_000])]],
        [1, ['fsync', a]],
        [1, ['fdatasync', a]],
        [6, ['flock', a, random.pick([LOCK_SH | LOCK_NB, LOCK_EX | LOCK_NB, LOCK_UN, 99])]],
        [4, ['record_lock', a, 0, random.below(2), random.below(3), random.below(30)]],
        [4, ['record_lock', a, 1, random.below(2), random.below(3), random.below(30)]],
        [3, ['lockf', a, random.below(4), random.below(20)]],
        [3, ['close', a]],
        [2, ['dup', a, slot(random)]],
      ]),
    );
  },

  exchange(program, random) {
    random.pick([
      () => {
        program.do('open', 8, 3, 0, 0);
        program.do('open', 9, 3, 0, 0);
        program.do('flock', 8, random.pick([LOCK_SH, LOCK_EX]) | LOCK_NB);
        program.exchange({ waits: ['flock', 9, LOCK_EX | LOCK_NB], ends: [['flock', 8, LOCK_UN]] });
      },
      () => {
        program.do('open_lock_file', 8);
        program.do('open_lock_file', 9);
        program.do('flock', 8, LOCK_EX);
        program.exchange({
          waits: ['flock', 9, random.pick([LOCK_SH, LOCK_EX])],
          ends: random.pick([[['flock', 8, LOCK_UN]], [['close', 8]]]),
        });
        program.do('close', 9);
      },
      () => {
        program.do('open_lock_file', 8);
        program.do('open_lock_file', 9);
        program.do('record_lock', 8, 1, 1, F_WRLCK, 0, 1);
        program.exchange({
          waits: ['record_lock', 9, 1, 1, F_WRLCK, 5, 1],
          ends: [['record_lock', 8, 1, 1, F_UNLCK, 0]],
        });
        program.do('close', 8);
        program.do('close', 9);
      },
      () => {
        program.do('fifo', 0);
        program.exchange({ waits: ['open_fifo', 8, 0, 0], ends: [['open_fifo', 9, 0, 1]] });
        program.exchange({ waits: ['read', 8, 100, 1], ends: [['write', 9, 50, 3, 1]] });
      },
      () => {
        const written = 1 + random.below(3000);
        program.do('pipe', 8, 9, 0);
        program.do('pipe', 10, 11, 0);
        program.exchange({
          waits: ['splice', 8, 11, 4000, -1, 1],
          ends: random.pick([[['write', 9, written, 1, 1]], [['close', 9]]]),
        });
        program.do('read', 10, 4000);
      },
      () => {
        program.do('pipe', 8, 9, 0);
        program.do('open', 10, 3, 0, 0);
        program.do('pwrite', 10, 5000, 0, seed(random));
        program.do('write', 9, PIPE_SIZE, seed(random), 1);
        program.exchange({
          waits: random.pick([
            ['sendfile', 9, 10, 4000, 0, 1],
            ['splice', 10, 9, 4000, 0, 1],
          ]),
          ends: [['read_all', 8, PIPE_SIZE]],
        });
        program.do('read', 8, 4000);
      },
    ])();
  },
};

export const names = {
  longMs: 25,

  step(program, random) {
    const n = random.below(60);
    const m = random.below(2000);
    program.do(
      ...random.pick([
        ['getaddrinfo', n, random.below(5), random.below(3), random.below(5), random.below(3)],
        ['getnameinfo', random.pick([80, 443, 53, 9]), random.below(5), m],
        ['gethostbyname', n],
        ['gethostbyaddr'],
        ['gethostbyname_r', n, m],
        ['getpwnam', n],
        ['getpwuid', n],
        ['getpwnam_r', n, m],
        ['getgrnam', n],
        ['getgrgid', n],
        ['getgrouplist', n, m],
        ['getservbyname', n, random.below(3)],
        ['getservbyport', random.pick([80, 443, 53, 9]), random.below(3)],
      ]),
    );
  },

  exchange() {},
};
