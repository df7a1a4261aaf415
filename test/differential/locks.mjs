// Programs on locks, conditions and semaphores.
import { CERTAIN_MS } from './choices.mjs';

export const locks = {
  longMs: 2.5,

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
          waits: random.pick([
            ['cond_wait', a],
            ['cond_timedwait', a, CERTAIN_MS * 1000, random.below(2)],
          ]),
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
          waits: random.pick([
            ['wrlock', a],
            ['timedwrlock', a, CERTAIN_MS * 1000, random.below(2)],
          ]),
          ends: [['rwunlock', a]],
          coda: [['rwunlock', a]],
        });
      },
      () => {
        program.do('timedwrlock', a, 0);
        program.exchange({
          waits: random.pick([
            ['rdlock', a],
            ['timedrdlock', a, CERTAIN_MS * 1000, random.below(2)],
          ]),
          ends: [['rwunlock', a]],
          coda: [['rwunlock', a]],
        });
      },
    ])();
  },
};

export const c11 = {
  longMs: 2.5,

  step(program, random) {
    const a = random.below(6);
    const us = random.pick([0, 1000, 3000]);
    program.do(
      ...random.weighted([
        [8, ['mtx_trylock', a]],
        [6, ['mtx_timedlock', a, us]],
        [10, ['mtx_unlock', a]],
        [5, ['cnd_timedwait', a, us]],
        [2, ['cnd_signal', a]],
        [2, ['cnd_broadcast', a]],
        [3, ['once', a, us, random.below(2)]],
      ]),
    );
  },

  exchange(program, random) {
    const a = 8 + random.below(8);
    random.pick([
      () => {
        program.do('mtx_lock', a);
        program.exchange({
          waits: [random.pick(['mtx_lock', 'mtx_timedlock']), a, CERTAIN_MS * 1000],
          ends: [['mtx_unlock', a]],
          coda: [['mtx_unlock', a]],
        });
      },
      () => {
        program.exchange({
          prelude: [['mtx_lock', a]],
          waits: [random.pick(['cnd_wait', 'cnd_timedwait']), a, CERTAIN_MS * 1000],
          ends: [
            ['mtx_lock', a],
            [random.pick(['cnd_signal', 'cnd_broadcast']), a],
            ['mtx_unlock', a],
          ],
          coda: [['mtx_unlock', a]],
        });
      },
      () => {
        const form = random.below(2);
        program.exchange({
          waits: ['once', a, 8000, form],
          ends: [
            ['usleep', 2000], // who comes first is to be certain
            ['once', a, 8000, form],
          ],
        });
      },
    ])();
  },
};

export const semaphores = {
  longMs: 2.5,

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
