// Programs on files, locks, semaphores, children and names.
import { CERTAIN_MS, slot, seed } from './choices.mjs';

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const [F_WRLCK, F_UNLCK] = [1, 2];

export const files = {
  paced: true,

  step(program, random) {
    const a = slot(random);
    const bytes = random.pick([0, 1, 100, 5000, 70_000]);
    const offset = random.pick([0, 0, 1, 50, 4096, 100_000, -1]);
    const whence = random.below(3);
    program.do(
      ...random.weighted([
        [8, ['open', a, random.below(4), random.below(6), random.below(2)]],
        [1, ['pipe', a, slot(random), 0]],
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
    ])();
  },
};

export const locks = {
  paced: true,

  step(program, random) {
    const a = random.below(12);
    const us = random.pick([0, 1000, 3000]);
    const clock = random.below(2);
    program.do(
      ...random.weighted([
        [14, ['trylock', a]],
        [8, ['timedlock', a, us]],
        [6, ['clocklock', a, us]],
        [2, ['badlock', a]],
        [16, ['unlock', a]],
        [6, ['cond_timedwait', a, us, clock]],
        [3, ['cond_signal', a]],
        [3, ['cond_broadcast', a]],
        [8, ['tryrdlock', a]],
        [8, ['trywrlock', a]],
        [5, ['timedrdlock', a, us, clock]],
        [5, ['timedwrlock', a, us, clock]],
        [12, ['rwunlock', a]],
      ]),
    );
  },

  exchange(program, random) {
    const a = 12 + random.below(4);
    random.pick([
      () => {
        program.do('lock', a);
        program.exchange({
          waits: [random.pick(['lock', 'timedlock', 'clocklock']), a, CERTAIN_MS * 1000],
          ends: [['unlock', a]],
          coda: [['unlock', a]],
        });
      },
      () => {
        program.exchange({
          prelude: [['lock', a]],
          waits: ['cond_timedwait', a, CERTAIN_MS * 1000, random.below(2)],
          ends: [
            ['lock', a],
            [random.pick(['cond_signal', 'cond_broadcast']), a],
            ['unlock', a],
          ],
          coda: [['unlock', a]],
        });
      },
      () => {
        const take = random.pick(['timedwrlock', 'timedrdlock']);
        program.do(take, a, 0);
        program.exchange({
          waits: ['timedwrlock', a, CERTAIN_MS * 1000, random.below(2)],
          ends: [['rwunlock', a]],
          coda: [['rwunlock', a]],
        });
      },
    ])();
  },
};

export const semaphores = {
  paced: true,

  step(program, random) {
    const a = random.below(4);
    const us = random.pick([0, 1000, 3000]);
    program.do(
      ...random.weighted([
        [10, ['sem_post', a]],
        [6, ['sem_trywait', a]],
        [8, ['sem_timedwait', a, us, random.below(2)]],
        [1, ['sem_badwait', a]],
        [3, ['sem_getvalue', a]],
      ]),
    );
  },

  exchange(program, random) {
    const clock = random.below(2);
    program.exchange({
      waits: random.pick([
        ['sem_wait', 9],
        ['sem_timedwait', 9, CERTAIN_MS * 1000, clock],
      ]),
      ends: [['sem_post', 9]],
    });
  },
};

// waitid(2), linux/wait.h
const [WNOHANG, WEXITED, WNOWAIT] = [1, 4, 0x0100_0000];
const [FOREVER, KILL] = [3, 0];

export const children = {
  paced: false,

  step(program, random) {
    const a = slot(random);
    program.do(
      ...random.weighted([
        [3, ['spawn', a, random.below(3), random.below(256)]],
        [1, ['fork', a, random.below(256)]],
        [4, ['waitpid', a, 0]],
        [3, ['wait4', a, 0]],
        [3, ['wait_group', a]],
        [4, ['waitid', a, WEXITED]],
        [4, ['waitid', a, WEXITED | WNOWAIT]],
        [2, ['waitid', a, 0]],
        [3, ['wait_stranger', random.below(3)]],
      ]),
    );
  },

  exchange(program, random) {
    const a = 8 + random.below(8);
    program.do('spawn', a, FOREVER);
    program.do('waitpid', a, WNOHANG);
    program.exchange({
      waits: random.pick([
        ['waitpid', a, 0],
        ['wait4', a, 0],
        ['wait_group', a],
        ['waitid', a, WEXITED],
      ]),
      ends: [['kill', a, random.pick([KILL, 1, 2])]],
    });
  },
};

export const names = {
  paced: false,

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
