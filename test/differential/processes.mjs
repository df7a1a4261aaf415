// Programs on children, and on locks that another process holds.
import { F_LOCK, F_WRLCK, LOCK_EX, LOCK_NB, LOCK_SH, LOCK_UN, slot } from './choices.mjs';

// waitid(2), linux/wait.h
const [WNOHANG, WEXITED, WNOWAIT] = [1, 4, 0x0100_0000];
const [FOREVER, KILL] = [3, 0];

export const children = {
  longMs: 25,

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

// At it alone: another program's children would do as well.
export const anyChild = {
  longMs: 25,
  alone: true,

  step(program, random) {
    const a = slot(random);
    program.do(
      ...random.weighted([
        [3, ['spawn_alone', a, random.pick([0, 0, 1, 2]), random.below(256)]],
        [1, ['fork_alone', a, random.below(256)]],
        [9, ['wait_any', random.below(6)]],
        [1, ['wait_stranger', random.below(3)]],
      ]),
    );
  },

  exchange(program, random) {
    const a = 8 + random.below(8);
    program.do('wait_any', 0); // what a step may have left
    program.do('spawn_alone', a, FOREVER);
    program.exchange({
      waits: ['wait_any', random.pick([0, 1, 3, 4, 5])],
      ends: [['kill', a, random.pick([KILL, 1, 2])]],
    });
  },
};

const [FLOCK, RECORD, OPEN_FILE] = [0, 1, 2];

/** Locks that another process holds. */
export const foreignLocks = {
  longMs: 25,

  step(program, random) {
    const a = slot(random);
    const waits = random.below(2);
    const [byOpenFile, type, start] = [random.below(2), random.below(3), random.below(30)];
    program.do(
      ...random.weighted([
        [6, ['open_lock_file', a]],
        [2, ['hold', random.below(3), random.below(2), random.below(30)]],
        [2, ['release']],
        [5, ['flock', a, random.pick([LOCK_SH | LOCK_NB, LOCK_EX | LOCK_NB, LOCK_UN])]],
        [8, ['record_lock', a, byOpenFile, waits, type, start]],
        [4, ['lockf', a, random.below(4), random.below(20)]],
        [4, ['find_lock', a, byOpenFile, random.below(2), start]],
        [2, ['close', a]],
      ]),
    );
  },

  exchange(program, random) {
    const kind = random.pick([FLOCK, RECORD, OPEN_FILE]);
    for (let a = 0; a < 8; a += 1) program.do('close', a); // what steps have locked stays free
    program.do('release');
    program.do('open_lock_file', 8);
    program.do('hold', kind, random.below(2), 0);
    program.exchange({
      waits:
        kind === FLOCK
          ? ['flock', 8, LOCK_EX]
          : random.pick([
              ['record_lock', 8, random.below(2), 1, F_WRLCK, 5, 1],
              ['lockf', 8, F_LOCK, 20, 1],
            ]),
      ends: [['release']],
    });
    program.do('close', 8);
  },
};
