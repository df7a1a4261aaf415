// Programs on sizes of files, commands, barriers and signals.
import { CERTAIN_MS, seed, slot } from './choices.mjs';

const PIPE_SIZE = 65_536; // pipe(7)

export const sizes = {
  longMs: 25,

  step(program, random) {
    const a = slot(random);
    const bytes = random.pick([0, 1, 100, 5000, 70_000]);
    const offset = random.pick([0, 0, 1, 50, 4096, 100_000, -1]);
    program.do(
      ...random.weighted([
        [8, ['open', a, random.below(4), random.below(6), random.below(2)]],
        [3, ['pipe', a, slot(random), 0]],
        [6, ['pwrite', a, bytes, Math.max(offset, 0), seed(random)]],
        [4, ['pread', a, bytes, Math.max(offset, 0)]],
        [4, ['write', a, Math.min(bytes, 5000), seed(random)]],
        [4, ['read', a, bytes]],
        [3, ['truncate', random.below(4), offset]],
        [3, ['ftruncate', a, offset]],
        [5, ['fallocate', a, random.below(4), offset, bytes]],
        [4, ['posix_fallocate', a, offset, bytes]],
        [3, ['posix_fadvise', a, offset, bytes, random.below(8)]],
        [2, ['sync_file_range', a, offset, bytes, random.below(9)]],
        [5, ['copy_file_range', a, slot(random), bytes, offset]],
        [2, ['readahead', a, Math.max(offset, 0), bytes]],
        [3, ['tee', a, slot(random), bytes]],
        [4, ['stat', random.below(4)]],
        [3, ['fionread', a]],
        [3, ['close', a]],
      ]),
    );
  },

  exchange(program, random) {
    const written = 1 + random.below(3000);
    program.do('pipe', 8, 9, 0);
    program.do('pipe', 10, 11, 0);
    random.pick([
      () => {
        program.exchange({
          waits: ['tee', 8, 11, 4000, 1],
          ends: random.pick([[['write', 9, written, 1, 1]], [['close', 9]]]),
        });
        program.do('fionread', 8);
      },
      () => {
        program.do('write', 9, written, seed(random));
        program.do('write', 11, PIPE_SIZE, seed(random), 1);
        program.exchange({
          waits: ['tee', 8, 11, 4000, 1],
          ends: [['read_all', 10, PIPE_SIZE]],
        });
      },
    ])();
    program.do('fionread', 10);
  },
};

const [EXIT, KILLED, FIFO, MISSING] = [0, 1, 2, 3];

export const commands = {
  longMs: 25,

  step(program, random) {
    const code = random.below(256);
    program.do(
      ...random.weighted([
        [3, ['system', random.pick([EXIT, KILLED, MISSING]), code]],
        [3, ['popen', random.pick([EXIT, KILLED, MISSING]), code]],
        [1, ['system_null']],
        [2, ['wordexp', random.below(2)]],
      ]),
    );
  },

  exchange(program, random) {
    program.do('fifo', 0);
    program.exchange({
      waits: [random.pick(['system', 'popen']), FIFO, random.below(256)],
      ends: [
        ['open_fifo', 9, 0, 1],
        ['write', 9, 10, 3, 1],
        ['close', 9],
      ],
    });
  },
};

export const barriers = {
  longMs: 2.5,

  step(program, random) {
    const a = slot(random);
    program.do(
      ...random.weighted([
        [6, ['barrier_alone', a]],
        [2, ['barrier_again', a]],
        [2, ['barrier_serials', a]],
      ]),
    );
  },

  exchange(program, random) {
    const a = 8 + random.below(8);
    const again = random.below(3);
    const waits = Array(1 + again).fill(['barrier_wait', a]);
    program.exchange({ waits: waits[0], ends: waits, coda: waits.slice(1) });
    program.do('barrier_serials', a);
    program.do('barrier_again', a);
  },
};

const [SIGWAITINFO, SIGWAIT, SIGTIMEDWAIT, NOTHING_SENT] = [0, 1, 2, 3];
const [SENT_ALREADY, SENT_BY_ANOTHER] = [2, 3];

export const signals = {
  longMs: 2.5,

  step(program, random) {
    program.do(
      ...random.weighted([
        [4, ['take_signal', random.pick([SIGWAITINFO, SIGWAIT]), 0]],
        [2, ['take_signal', SIGTIMEDWAIT, random.pick([0, 1000, 3000])]],
        [2, ['take_signal', NOTHING_SENT, random.pick([0, 1000, 3000])]],
        [3, ['suspend', SENT_ALREADY]],
      ]),
    );
  },

  exchange(program, random) {
    program.exchange({
      waits: random.pick([
        ['take_signal', random.pick([SIGWAITINFO, SIGWAIT]), 0, 1],
        ['take_signal', SIGTIMEDWAIT, CERTAIN_MS * 1000, 1],
        ['suspend', SENT_BY_ANOTHER],
      ]),
      ends: (waiter) => [['send_signal', waiter]],
    });
  },
};
