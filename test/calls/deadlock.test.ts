import { describe, expect, it } from 'vitest';
import { fixturePath } from '../support/fixtures';
import { EDEADLK, ETIMEDOUT, inChild } from './locks';

describe('a library that holds a normal mutex across read', () => {
  it('a thread that takes a lock again and again does not keep the loop standing', async () => {
    const { stdout } = await inChild(`
      const mutex = make('normal');
      let over = false;
      let rounds = 0;
      for (let i = 0; i < 3; i++) {
        spawn(() => {
          while (!over) {
            perform('lock', mutex);
            sleep(1);
            perform('unlock', mutex);
            rounds++;
          }
        });
      }
      perform('lock', mutex);
      over = true;
      perform('unlock', mutex);
      console.log(rounds < 10);
    `);
    expect(stdout).toBe('true\n');
  });

  it('two green threads and then the loop stack all finish, in order', async () => {
    const { stdout } = await inChild(`
      const { pipe } = require(${JSON.stringify(fixturePath('descriptors'))});
      const [from, to] = pipe(0);
      const mutex = make('normal');
      const receive = (who) => console.log(who, perform('receive_under_lock', mutex, null, from));
      spawn(() => receive('first'));
      spawn(() => receive('second'));
      thread([1, 2, 3].flatMap((byte) => [
        ['usleep', null, null, 20],
        ['write_byte', null, null, to | byte << 16],
      ]));
      receive('the loop stack');
    `);
    expect(stdout).toBe('first 1\nsecond 2\nthe loop stack 3\n');
  });
});

describe('a deadlock of green threads', () => {
  const report = `process.on('warning', ({ name, code, message }) => console.log(name, code, message));`;

  it("two that want each other's lock: the last gets EDEADLK, both stacks are reported", async () => {
    const { stdout } = await inChild(`${report}
      const [a, b] = [make('normal'), make('normal')];
      function takesAThenB() {
        perform('lock', a); sleep(5);
        console.log('a then b', perform('lock', b)); perform('unlock', b); perform('unlock', a);
      }
      function takesBThenA() {
        perform('lock', b); sleep(10);
        console.log('b then a', perform('lock', a)); perform('unlock', b);
      }
      spawn(takesAThenB);
      spawn(takesBThenA);
    `);
    expect(stdout).toContain(`b then a ${EDEADLK}\n`);
    expect(stdout).toContain('a then b 0\n');
    expect(stdout).toMatch(/GREENIFY_DEADLOCK[^]*takesBThenA[^]*takesAThenB/);
  });

  it('three in a circle', async () => {
    const { stdout } = await inChild(`${report}
      const circle = [make('normal'), make('recursive'), make('rwlock')];
      const take = ['lock', 'lock', 'wrlock'];
      const release = ['unlock', 'unlock', 'rwunlock'];
      const run = (i) => {
        const next = (i + 1) % 3;
        perform(take[i], circle[i]);
        sleep(5 + i);
        const result = perform(take[next], circle[next]);
        if (result === 0) perform(release[next], circle[next]);
        perform(release[i], circle[i]);
        return result;
      };
      Promise.all([0, 1, 2].map((i) => spawn(run, i))).then((results) => console.log(...results));
    `);
    expect(stdout).toContain(`0 0 ${EDEADLK}\n`);
    expect(stdout.match(/GREENIFY_DEADLOCK/g)).toHaveLength(1);
  });

  it('one that takes a normal mutex twice', async () => {
    const { stdout } = await inChild(`${report}
      const mutex = make('normal');
      spawn(() => { perform('lock', mutex); console.log(perform('lock', mutex)); });
    `);
    expect(stdout).toContain(`${EDEADLK}\n`);
    expect(stdout).toContain('GREENIFY_DEADLOCK');
  });

  it('a reader that wants to write', async () => {
    const { stdout } = await inChild(`${report}
      const lock = make('rwlock');
      spawn(() => { perform('rdlock', lock); console.log(perform('wrlock', lock)); });
    `);
    expect(stdout).toContain(`${EDEADLK}\n`);
    expect(stdout).toContain('GREENIFY_DEADLOCK');
  });

  it('a reader that wants a mutex, whose holder wants to write', async () => {
    const { stdout } = await inChild(`${report}
      const [mutex, lock] = [make('normal'), make('rwlock')];
      const bystander = spawn(() => { perform('rdlock', lock); sleep(30); perform('rwunlock', lock); });
      function reads() {
        perform('rdlock', lock); sleep(5);
        console.log('reader', perform('lock', mutex)); perform('rwunlock', lock);
      }
      function writes() {
        perform('lock', mutex); sleep(10);
        const result = perform('wrlock', lock);
        console.log('writer', result); perform('unlock', mutex);
      }
      spawn(reads);
      spawn(writes);
    `);
    expect(stdout).toContain(`writer ${EDEADLK}\n`);
    expect(stdout).toContain('reader 0\n');
    expect(stdout).toMatch(/GREENIFY_DEADLOCK[^]*writes[^]*reads/);
  });

  it('is none where one of them gives up by itself', async () => {
    const { stdout } = await inChild(`${report}
      const [a, b] = [make('normal'), make('normal')];
      spawn(() => {
        perform('lock', a); sleep(5);
        console.log(perform('timedlock', b, null, 20)); perform('unlock', a);
      });
      spawn(() => { perform('lock', b); sleep(10); console.log(perform('lock', a)); perform('unlock', b); });
    `);
    expect(stdout).toBe(`${ETIMEDOUT}\n0\n`);
  });
});
