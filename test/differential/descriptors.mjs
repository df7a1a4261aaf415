// Programs on sockets, on sets of descriptors, and on pipes and other descriptors.
import {
  PATIENCE_MS,
  CERTAIN_MS,
  slot,
  size,
  seed,
  slots,
  NOTICES,
  receiveFlags,
  sendFlags,
} from './choices.mjs';

export const sockets = {
  longMs: 2.5,

  step(program, random) {
    const a = slot(random);
    const b = slot(random);
    program.do(
      ...random.weighted([
        [6, ['socketpair', a, b, random.below(3), PATIENCE_MS]],
        [2, ['listen', a, PATIENCE_MS]],
        [2, ['listen_locally', a, PATIENCE_MS, random.below(2)]],
        [6, ['connect', a, b, PATIENCE_MS]],
        [1, ['reconnect', a, b]],
        [4, ['accept', a, b, PATIENCE_MS, random.below(2)]],
        [3, ['udp', a, PATIENCE_MS]],
        [2, ['local_datagrams', a, PATIENCE_MS]],
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
        program.do('listen_locally', 8, CERTAIN_MS, 0);
        program.do('connect', 10, 8, CERTAIN_MS);
        program.exchange({
          waits: ['connect', 9, 8, CERTAIN_MS],
          ends: [['accept', 11, 8, CERTAIN_MS, random.below(2)]],
        });
      },
      () => {
        program.do(random.pick(['listen', 'listen_locally']), 8, CERTAIN_MS, 2);
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

// The signal masks of test/fixtures/addons/programs/signals.c.
const [NO_MASK, SAME_MASK, SIGNAL_COMES, SIGNAL_IS_SENT] = [0, 1, 2, 3];

export const multiplexing = {
  longMs: 2.5,

  step(program, random) {
    const a = slot(random);
    const b = slot(random);
    const ms = random.pick([0, 0, 1, PATIENCE_MS]);
    const mask = random.pick([NO_MASK, SAME_MASK, SIGNAL_COMES]);
    program.do(
      ...random.weighted([
        [4, ['pipe', a, b, random.below(2)]],
        [4, ['socketpair', a, b, 0, PATIENCE_MS]],
        [2, ['udp', a, PATIENCE_MS]],
        [2, ['listen', a, PATIENCE_MS]],
        [2, ['eventfd', a, random.below(3), random.below(2)]],
        [2, ['timerfd', a, random.pick([0, 1, 100_000_000])]],
        [2, ['touch', random.below(4)]],
        [4, ['epoll', a]],
        [8, ['epoll_ctl', a, random.pick([0, 0, 0, 1, 2]), b, random.below(6)]],
        [9, ['write', a, size(random), seed(random)]],
        [5, ['read', a, size(random)]],
        [3, ['close', a]],
        [2, ['dup', a, b]],
        [1, ['dup2', a, b]],
        [2, ['shutdown', a, random.below(3)]],
        [10, ['poll', slots(random), random.below(6), ms]],
        [8, ['ppoll', slots(random), random.below(6), ms, mask]],
        [10, ['select', slots(random), slots(random), slots(random), ms]],
        [8, ['pselect', slots(random), slots(random), slots(random), ms, mask]],
        [6, ['epoll_wait', a, ms]],
        [5, ['epoll_pwait', a, ms, mask]],
        [5, ['epoll_pwait2', a, ms, mask]],
      ]),
    );
  },

  exchange(program, random) {
    const bit = 1 << 8;
    const ms = random.pick([-1, CERTAIN_MS]);
    const mask = random.pick([NO_MASK, SAME_MASK]);
    if (random.chance(3)) program.do('inotify', NOTICES);
    if (random.chance(50)) program.do('pipe', 8, 9, 0);
    else program.do('socketpair', 8, 9, 0, CERTAIN_MS);
    program.do('epoll', 10);
    program.do('epoll_ctl', 10, 0, 8, random.pick([0, 2, 3, 4]));
    if (random.chance(30)) {
      program.exchange({
        prelude: [['usleep', 0]],
        waits: random.pick([
          ['ppoll', bit, 0, ms, SIGNAL_IS_SENT],
          ['pselect', bit, 0, 0, ms, SIGNAL_IS_SENT],
          ['epoll_pwait', 10, ms, SIGNAL_IS_SENT],
          ['epoll_pwait2', 10, ms, SIGNAL_IS_SENT],
        ]),
        ends: (waiter) => [['send_signal', waiter]],
      });
      return;
    }
    program.exchange({
      waits: random.pick([
        ['poll', bit, 4, ms],
        ['ppoll', bit, 4, ms, mask],
        ['select', bit, 0, bit, ms],
        ['pselect', bit, 0, 0, ms, mask],
        ['epoll_wait', 10, ms],
        ['epoll_pwait', 10, ms, mask],
        ['epoll_pwait2', 10, ms, mask],
      ]),
      ends: random.pick([[['write', 9, 1 + random.below(100), 1]], [['close', 9]]]),
    });
  },
};

export const descriptors = {
  longMs: 2.5,

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
        [3, [random.pick(['read', 'readv']), NOTICES, random.pick([0, 8, 100, 4000])]],
        [5, ['touch', random.below(4)]],
        [3, ['signalfd', a]],
        [3, ['read_signal', a, random.pick([100, 128, 300])]],
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
        program.do('eventfd', 8, 1, random.below(2));
        program.exchange({ waits: ['fill', 8], ends: [['read', 8, 8, 1]] });
      },
      () => {
        program.do('inotify', NOTICES);
        program.do('read', NOTICES, 4000); // what steps have left
        program.exchange({ waits: ['read', NOTICES, 100, 1], ends: [['touch', random.below(4)]] });
      },
      () => {
        program.do('signalfd', 8);
        program.exchange({
          prelude: [['usleep', 0]],
          waits: ['read_signal', 8, 128, 1],
          ends: (waiter) => [['send_signal', waiter]],
        });
      },
      () => {
        program.do('timerfd', 8, 2000);
        program.do('read', 8, 8, 1);
      },
    ])();
  },
};
