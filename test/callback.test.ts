import { AsyncLocalStorage } from 'node:async_hooks';
import { current, green, type GreenThread, isGreen, sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { runCommonJs } from './support/child';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('green(fn)', () => {
  it('has the name, length, this and arguments of the function', () => {
    const object = {
      total: 1,
      add: green(function add(this: { total: number }, a: number, b: number) {
        return this.total + a + b;
      }),
    };
    expect([object.add.name, object.add.length]).toEqual(['add', 2]);
    expect(object.add(2, 3)).toBe(6);
  });

  it('gives what the function returns and throws at once; undefined when it waits', async () => {
    expect(green(isGreen)()).toBe(true);
    const failing = green(() => {
      throw new Error('at once');
    });
    expect(failing).toThrow('at once');
    let ended = false;
    const waiting = green(() => {
      sleep(2);
      ended = true;
      return 'nobody gets this';
    });
    expect([waiting(), ended]).toEqual([undefined, false]);
    await later(50);
    expect(ended).toBe(true);
  });

  it('is the function, in a green thread', async () => {
    const inThread = green(() => {
      sleep(2);
      return current();
    });
    expect(await spawn(() => inThread() === current())).toBe(true);
  });

  it('says nothing of async functions, which go on as ever', async () => {
    const { code, stdout, stderr } = await runCommonJs(`
      const { green, isGreen, sleep } = require('greenify');
      const { setImmediate: turn } = require('node:timers/promises');
      const call = green(async () => {
        const before = isGreen();
        await turn();
        return [before, isGreen()].join();
      });
      call().then(console.log);
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true,false\n', stderr: '' });
  });

  it('throws later what nobody can catch any more: an uncaughtException', async () => {
    const { code, stdout, stderr } = await runCommonJs(`
      const { AsyncLocalStorage } = require('node:async_hooks');
      const { green, sleep } = require('greenify');
      const storage = new AsyncLocalStorage();
      process.on('uncaughtException', (error) => console.log(error.message, storage.getStore()));
      storage.run('store', () => setTimeout(green(() => { sleep(2); throw new Error('late'); })));
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'late store\n', stderr: '' });
  });

  it('runs in a thread that ends with nothing, whoever asks, during the call or behind it', async () => {
    const threads: GreenThread[] = [];
    const calling = green((wait: boolean) => {
      threads.push(current()!);
      if (wait) sleep(2);
      return 'a result';
    });
    calling(false);
    calling(true);
    expect(threads.map((thread) => thread.state)).toEqual(['fulfilled', 'waiting']);
    expect(await Promise.all(threads)).toEqual([undefined, undefined]);
    expect(threads.map((thread) => thread.state)).toEqual(['fulfilled', 'fulfilled']);
  });

  it('can be cancelled while it waits', async () => {
    const log: unknown[] = [];
    let thread: ReturnType<typeof current>;
    green(() => {
      thread = current();
      try {
        sleep(10_000);
      } catch (reason) {
        log.push(reason);
      }
    })();
    thread?.cancel('enough');
    await thread;
    expect(log).toEqual(['enough']);
  });

  it('keeps AsyncLocalStorage', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    storage.run('mine', () =>
      green(() => {
        sleep(2);
        seen.push(storage.getStore());
      })(),
    );
    expect(storage.getStore()).toBeUndefined();
    await later(50);
    expect(seen).toEqual(['mine']);
  });

  it('refuses what is no function', () => {
    expect(() => green('text' as never)).toThrow(TypeError);
  });
});
