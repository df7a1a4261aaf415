import { current, GreenThread, isGreen, sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { runCommonJs } from './support/child';

describe('spawn', () => {
  it('runs the function at once, up to its first wait', async () => {
    const log: string[] = [];
    const thread = spawn(() => {
      log.push('starts');
      sleep(1);
      log.push('goes on');
    });
    log.push('spawn has returned');
    await thread;
    expect(log).toEqual(['starts', 'spawn has returned', 'goes on']);
  });

  it('hands on the arguments, and `this` is undefined', async () => {
    const seen = await spawn(
      function (this: unknown, ...args: number[]) {
        return [this, ...args];
      },
      1,
      2,
      3,
    );
    expect(seen).toEqual([undefined, 1, 2, 3]);
  });

  it('gives a thread that is awaited for the result', async () => {
    const thread = spawn(() => {
      sleep(1);
      return 'result';
    });
    expect(thread).toBeInstanceOf(GreenThread);
    expect(await thread).toBe('result');
    expect(await thread).toBe('result');
    expect(await thread.then((value) => value.length)).toBe(6);
  });

  it('does not throw what the function throws: the thread rejects', async () => {
    const early = spawn(() => {
      throw new Error('before any wait');
    });
    await expect(early).rejects.toThrow('before any wait');
    const late = spawn(() => {
      sleep(1);
      throw new Error('after a wait');
    });
    await expect(late).rejects.toThrow('after a wait');
    await expect(late.catch((error: unknown) => (error as Error).message)).resolves.toBe(
      'after a wait',
    );
  });

  it('runs `finally` callbacks either way', async () => {
    const log: string[] = [];
    await spawn(() => 1).finally(() => log.push('fulfilled'));
    await spawn(() => {
      throw new Error('no');
    })
      .finally(() => log.push('rejected'))
      .catch(() => log.push('caught'));
    expect(log).toEqual(['fulfilled', 'rejected', 'caught']);
  });

  it.each([undefined, null, 1, 'text', {}, Promise.resolve()])('refuses %s', (notAFunction) => {
    expect(() => spawn(notAFunction as () => void)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    );
  });

  it('settles with the promise of an async function', async () => {
    const asynchronous = spawn(async () => {
      await Promise.resolve();
      return 'value';
    });
    expect(await asynchronous).toBe('value');
    await expect(spawn(() => Promise.reject(new Error('reason')))).rejects.toThrow('reason');
  });

  it('warns once that code after an await is not green', async () => {
    const ended = await runCommonJs(`
      const { isGreen, spawn } = require('greenify');
      async function body() {
        const before = isGreen();
        await Promise.resolve();
        console.log(before, isGreen());
      }
      spawn(body);
      spawn(body);
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'true false\ntrue false\n' });
    expect(ended.stderr.match(/GREENIFY_ASYNC_BODY/g)).toHaveLength(1);
    expect(ended.stderr).toContain('green thread "body"');
  });

  it('makes an ordinary unhandled rejection when nobody looks', async () => {
    const code = `require('greenify').spawn(function failing() { throw new Error('nobody looks') })`;
    const ended = await runCommonJs(code);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/Error: nobody looks\n\s+at failing/);

    const handled = await runCommonJs(
      `process.on('unhandledRejection', (reason) => console.log('seen:', reason.message)); ${code}`,
    );
    expect(handled).toMatchObject({ code: 0, stdout: 'seen: nobody looks\n' });
  });
});

describe('green threads that spawn', () => {
  it('run the new thread on top of themselves, up to its first wait', async () => {
    const log: string[] = [];
    await spawn(() => {
      log.push('outer');
      const inner = spawn(() => {
        log.push('inner');
        sleep(1);
        log.push('inner, later');
      });
      log.push('outer again');
      sleep(20);
      log.push(`outer, later: inner is ${inner.state}`);
    });
    expect(log).toEqual([
      'outer',
      'inner',
      'outer again',
      'inner, later',
      'outer, later: inner is fulfilled',
    ]);
  });

  it('may end before those they started', async () => {
    let inner: GreenThread<string> | undefined;
    await spawn(() => {
      inner = spawn(() => {
        sleep(10);
        return 'outlived';
      });
    });
    expect(inner?.state).toBe('waiting');
    expect(await inner).toBe('outlived');
  });

  it('nest as deep as they like', async () => {
    const nest = (depth: number): GreenThread<number> =>
      spawn(() => {
        const deeper = depth > 0 ? nest(depth - 1) : undefined;
        sleep(depth % 3);
        return deeper === undefined ? 0 : deeper.id - (current()?.id ?? 0);
      });
    expect(await nest(100)).toBe(1);
  });
});

describe('a green thread', () => {
  it('knows itself while it runs', async () => {
    expect(current()).toBeUndefined();
    expect(isGreen()).toBe(false);
    const seen = await spawn(() => {
      const before = current();
      sleep(1);
      return { before, after: current(), green: isGreen() };
    }).then((result) => result);
    expect(seen.before).toBeInstanceOf(GreenThread);
    expect(seen.after).toBe(seen.before);
    expect(seen.green).toBe(true);
    expect(current()).toBeUndefined();
  });

  it('is the current one only while it runs itself', async () => {
    const outer = spawn(() => {
      const me = current();
      const inner = spawn(() => ({ me: current() }));
      return { me, inner, again: current() };
    });
    const { me, inner, again } = await outer;
    expect(me).toBe(outer);
    expect(again).toBe(outer);
    expect((await inner).me).toBe(inner);
  });

  it('tells its state', async () => {
    let inside = '';
    const thread = spawn(() => {
      inside = current()?.state ?? '';
      sleep(1);
    });
    expect(inside).toBe('running');
    expect(thread.state).toBe('waiting');
    await thread;
    expect(thread.state).toBe('fulfilled');
    const failing = spawn(() => {
      throw new Error('no');
    });
    expect(failing.state).toBe('rejected');
    await expect(failing).rejects.toThrow('no');
  });

  it('has a number of its own and the name of its function', async () => {
    const first = spawn(function worker() {
      return 1;
    });
    const second = spawn(() => 2);
    expect(first.name).toBe('worker');
    expect(second.name).toBe('anonymous');
    expect(second.id).toBe(first.id + 1);
    second.name = 'renamed';
    expect(second.name).toBe('renamed');
    expect(Object.prototype.toString.call(first)).toBe('[object GreenThread]');
    await Promise.all([first, second]);
  });

  it('keeps what it has thrown apart from what others throw', async () => {
    const failures = await Promise.all(
      [3, 1, 2].map((ms) =>
        spawn(() => {
          try {
            sleep(ms);
            throw new Error(`slept ${ms}`);
          } catch (error) {
            sleep(5 - ms);
            return (error as Error).message;
          }
        }),
      ),
    );
    expect(failures).toEqual(['slept 3', 'slept 1', 'slept 2']);
  });
});

describe('sleep', () => {
  it.each([undefined, null, '1', {}, 1n])('refuses %s with a TypeError', (value) => {
    expect(() => sleep(value as number)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }),
    );
  });

  it.each([-1, -0.001, NaN, -Infinity])('refuses %d with a RangeError', (value) => {
    expect(() => sleep(value)).toThrow(RangeError);
  });

  it('lasts at least as long as asked, fractions included', async () => {
    for (const ms of [0.5, 7, 30]) {
      const elapsed = await spawn(() => {
        const start = performance.now();
        sleep(ms);
        return performance.now() - start;
      });
      expect(elapsed).toBeGreaterThanOrEqual(ms);
    }
  });

  it('really blocks outside green threads, as any blocking call', async () => {
    let ticked = false;
    const timer = new Promise<void>((resolve) => {
      setTimeout(() => {
        ticked = true;
        resolve();
      }, 1);
    });
    const start = performance.now();
    sleep(50);
    expect(performance.now() - start).toBeGreaterThanOrEqual(50);
    expect(ticked).toBe(false);
    await timer;
  });
});
