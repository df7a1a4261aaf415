import { describe, expect, it } from 'vitest';
import { inChild } from './locks';

describe('sem_post in a signal handler', () => {
  it('wakes green threads, whatever it interrupts, wake-ups of others included', async () => {
    const { stdout } = await inChild(`
      const posted = make('sem');
      const SIGNALS = 1000;
      const THREADS = 20;
      const consumers = Array.from({ length: THREADS }, () =>
        spawn(() => {
          for (let i = 0; i < SIGNALS / THREADS; i++) {
            if (perform('sem_wait', posted) !== 0) throw new Error('sem_wait');
          }
        }),
      );
      const [to, fro, condition] = [make('sem'), make('sem'), make('cond')];
      let over = false;
      const players = [[to, fro], [fro, to]].map(([mine, other]) =>
        spawn(() => {
          while (!over) {
            perform('sem_timedwait', mine, null, 20);
            for (let i = 0; i < 20; i++) perform('broadcast', condition);
            perform('sem_post', other);
          }
        }),
      );
      perform('post_by_signals', posted, null, SIGNALS);
      Promise.all(consumers).then(async () => {
        over = true;
        await Promise.all(players);
        console.log('all came', perform('sem_trywait', posted));
      });
    `);
    expect(stdout).toBe('all came 11\n'); // EAGAIN: none is left
  });
});
