// What the programs of each family are made of. step() adds an operation that ends by itself within
// a few milliseconds, exchange() one that somebody else ends.
import { constants } from 'node:os';

const PATIENCE_MS = 3; // of what is to time out
const CERTAIN_MS = 5000; // of what somebody ends

const slot = (random) => random.below(8);
const size = (random) => random.pick([0, 1, 10, 100, 1000, 4000]);
const seed = (random) => random.below(256);
const slots = (random) => random.below(256);
/** MSG_DONTWAIT, PEEK, WAITALL, TRUNC, NOSIGNAL, OOB, WAITFORONE: bits, seldom many. */
const receiveFlags = (random) => random.pick([0, 0, 0, 0, 1, 2, 4, 4, 8, 3, 5, 6, 10, 32]);
const sendFlags = (random) => random.pick([16, 16, 16, 17, 48]);

const sockets = {
  step(program, random) {
    const a = slot(random);
    const b = slot(random);
    program.do(
      ...random.weighted([
        [6, ['socketpair', a, b, random.below(3), PATIENCE_MS]],
        [2, ['listen', a, PATIENCE_MS]],
        [4, ['connect', a, b, PATIENCE_MS]],
        [1, ['reconnect', a, b]],
        [4, ['accept', a, b, PATIENCE_MS, random.below(2)]],
        [3, ['udp', a, PATIENCE_MS]],
        [14, ['send', a, size(random), sendFlags(random), seed(random)]],
        [5, ['sendto', a, b, size(random), sendFlags(random), seed(random)]],
        [14, ['recv', a, size(random), receiveFlags(random)]],
        [8, ['recvfrom', a, size(random), receiveFlags(random)]],
        [5, ['sendmsg', a, size(random), sendFlags(random), seed(random)]],
        [6, ['recvmsg', a, size(random), receiveFlags(random)]],
        [3, ['sendmmsg', a, random.below(4), size(random), sendFlags(random), seed(random)]],
        [3, ['recvmmsg', a, random.below(4), size(random), random.pick([0, 1, 64])]],
        [3, ['shutdown', a, random.below(3)]],
        [3, ['timeouts', a, 1 + random.below(4), 1 + random.below(4)]],
        [5, ['socket_read', a, size(random)]],
        [5, ['socket_write', a, size(random), seed(random)]],
        [3, ['nonblocking', a, random.below(2)]],
        [3, ['close', a]],
      ]),
    );
  },

  exchange(program, random) {
    const bytes = 1 + random.below(3000);
    const receive = random.pick(['recv', 'recvfrom', 'recvmsg']);
    random.pick([
      () => {
        program.do('socketpair', 8, 9, random.below(3), CERTAIN_MS);
        program.exchange({
          waits: [receive, 8, bytes, random.pick([0, 2, 4])],
          ends: [['send', 9, bytes, 16, seed(random)]],
        });
      },
      () => {
        program.do('socketpair', 8, 9, 0, CERTAIN_MS);
        program.exchange({
          waits: [receive, 8, 2 * bytes, 4],
          ends: [
            ['send', 9, bytes, 16, 1],
            ['usleep', 500],
            ['send', 9, bytes, 16, 2],
          ],
        });
      },
      () => {
        program.do('socketpair', 8, 9, 0, CERTAIN_MS);
        program.exchange({ waits: [receive, 8, bytes, 0], ends: [['shutdown', 9, 1]] });
      },
      () => {
        program.do('listen', 8, CERTAIN_MS);
        program.exchange({
          waits: ['accept', 9, 8, CERTAIN_MS, random.below(2)],
          ends: [['connect', 10, 8, CERTAIN_MS]],
        });
        program.exchange({
          waits: [receive, 9, bytes, 4],
          ends: [['send', 10, bytes, 16, seed(random)]],
        });
      },
      () => {
        program.do('udp', 8, CERTAIN_MS);
        program.do('udp', 9, CERTAIN_MS);
        program.exchange({
          waits: [receive, 8, bytes, 0],
          ends: [['sendto', 9, 8, bytes, 16, seed(random)]],
        });
      },
      () => {
        program.do('socketpair', 8, 9, 0, CERTAIN_MS);
        program.exchange({
          waits: [random.pick(['send', 'sendmsg']), 8, 400_000, 16, seed(random)],
          ends: [['recv', 9, 400_000, 4]],
        });
      },
    ])();
  },
};

const multiplexing = {
  step(program, random) {
    const a = slot(random);
    const b = slot(random);
    const ms = random.pick([0, 0, 1, PATIENCE_MS]);
    const masked = random.below(2);
    program.do(
      ...random.weighted([
        [4, ['pipe', a, b, random.below(2)]],
        [4, ['socketpair', a, b, 0, PATIENCE_MS]],
        [2, ['udp', a, PATIENCE_MS]],
        [2, ['listen', a, PATIENCE_MS]],
        [2, ['eventfd', a, random.below(3), random.below(2)]],
        [2, ['timerfd', a, random.pick([0, 1, 100_000_000])]],
        [4, ['epoll', a]],
        [8, ['epoll_ctl', a, random.pick([0, 0, 0, 1, 2]), b, random.below(6)]],
        [9, ['write', a, size(random), seed(random)]],
        [5, ['read', a, size(random)]],
        [3, ['close', a]],
        [2, ['dup', a, b]],
        [1, ['dup2', a, b]],
        [2, ['shutdown', a, random.below(3)]],
        [10, ['poll', slots(random), random.below(6), ms]],
        [8, ['ppoll', slots(random), random.below(6), ms, masked]],
        [10, ['select', slots(random), slots(random), slots(random), ms]],
        [8, ['pselect', slots(random), slots(random), slots(random), ms, masked]],
        [6, ['epoll_wait', a, ms]],
        [5, ['epoll_pwait', a, ms, masked]],
        [5, ['epoll_pwait2', a, ms, masked]],
      ]),
    );
  },

  exchange(program, random) {
    const bit = 1 << 8;
    const ms = random.pick([-1, CERTAIN_MS]);
    const masked = random.below(2);
    if (random.chance(50)) program.do('pipe', 8, 9, 0);
    else program.do('socketpair', 8, 9, 0, CERTAIN_MS);
    program.do('epoll', 10);
    program.do('epoll_ctl', 10, 0, 8, random.pick([0, 2, 3, 4]));
    program.exchange({
      waits: random.pick([
        ['poll', bit, 4, ms],
        ['ppoll', bit, 4, ms, masked],
        ['select', bit, 0, bit, ms],
        ['pselect', bit, 0, 0, ms, masked],
        ['epoll_wait', 10, ms],
        ['epoll_pwait', 10, ms, masked],
        ['epoll_pwait2', 10, ms, masked],
      ]),
      ends: random.pick([[['write', 9, 1 + random.below(100), 1]], [['close', 9]]]),
    });
  },
};

const descriptors = {
  step(program, random) {
    const a = slot(random);
    const b = slot(random);
    const us = random.below(1500);
    program.do(
      ...random.weighted([
        [5, ['pipe', a, b, random.below(2)]],
        [3, ['pty', a, b]],
        [4, ['eventfd', a, random.below(5), random.below(2)]],
        [3, ['timerfd', a, random.pick([0, 1, 100_000_000])]],
        [14, ['read', a, random.pick([0, 1, 8, 100, 4000])]],
        [7, ['readv', a, random.pick([0, 2, 8, 100, 4000])]],
        [14, ['write', a, random.pick([0, 1, 8, 100, 4000]), seed(random)]],
        [7, ['writev', a, random.pick([0, 2, 8, 100, 4000]), seed(random)]],
        [4, ['close', a]],
        [3, ['dup', a, b]],
        [2, ['dup2', a, b]],
        [4, ['nonblocking', a, random.below(2)]],
        [1, ['usleep', us]],
        [1, ['nanosleep', us]],
        [1, ['clock_nanosleep', us, random.below(2), random.below(2)]],
      ]),
    );
  },

  exchange(program, random) {
    const bytes = 1 + random.below(3000);
    random.pick([
      () => {
        program.do('pipe', 8, 9, 0);
        const read = random.pick(['read', 'readv']);
        program.exchange({
          waits: [read, 8, 4000, 1],
          ends: random.pick([[['write', 9, bytes, 1, 1]], [['close', 9]]]),
        });
      },
      () => {
        program.do('pipe', 8, 9, 0);
        const written = 100_000 + random.below(100_000);
        program.exchange({
          waits: [random.pick(['write', 'writev']), 9, 2 * written, 5, 1],
          ends: [['read_all', 8, 2 * written]],
        });
      },
      () => {
        program.do('eventfd', 8, 0, random.below(2));
        program.exchange({ waits: ['read', 8, 8, 1], ends: [['write', 8, 8, 0, 1]] });
      },
      () => {
        program.do('pty', 8, 9);
        program.exchange({ waits: ['read', 9, 4000, 1], ends: [['write', 8, 50, 1, 1]] });
      },
      () => {
        program.do('timerfd', 8, 2000);
        program.do('read', 8, 8, 1);
      },
    ])();
  },
};

const LOCK_SH = 1;
const LOCK_EX = 2;
const LOCK_NB = 4;
const LOCK_UN = 8;
const [F_WRLCK, F_UNLCK] = [1, 2];

const files = {
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
        [4, ['record_lock', a, 1, 0, random.below(3), random.below(30)]],
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
        program.do('record_lock', 8, 1, 1, F_WRLCK, 0);
        program.exchange({
          waits: ['record_lock', 9, 1, 1, F_WRLCK, 5],
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

const locks = {
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

const semaphores = {
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

const children = {
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

const names = {
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

export const families = {
  sockets,
  multiplexing,
  descriptors,
  files,
  locks,
  semaphores,
  children,
  names,
};

/** What an error number is called. */
export function errnoName(number) {
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `${number}`;
}
