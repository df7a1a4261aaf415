import { readFile } from 'node:fs/promises';
import { runInNewContext } from 'node:vm';
import {
  async_,
  await_,
  current,
  GreenifyError,
  GreenThread,
  isGreen,
  sleep,
  spawn,
} from 'greenify';
import { describe, expect, expectTypeOf, it } from 'vitest';

const later = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(resolve, 2, value));

describe('await_ of a promise', () => {
  it('gives its value', async () => {
    expect(await spawn(() => await_(later('value')))).toBe('value');
    expect(await spawn(() => await_(Promise.resolve('settled already')))).toBe('settled already');
  });

  it('throws its reason, the very object', async () => {
    const reason = new Error('reason');
    const caught = await spawn(() => {
      try {
        await_(later(null).then(() => Promise.reject(reason)));
        return 'nothing was thrown';
      } catch (error) {
        return { error };
      }
    });
    expect(caught).toEqual({ error: reason });
    expect((caught as { error: unknown }).error).toBe(reason);
  });

  it('takes thenables, plain values and green threads as `await` does', async () => {
    const thenable = {
      then(resolve: (value: string) => void) {
        setTimeout(resolve, 1, 'from a thenable');
      },
    };
    const values = await spawn(() => [
      await_(thenable),
      await_(42),
      await_(undefined),
      await_(
        spawn(() => {
          sleep(1);
          return 'from a thread';
        }),
      ),
    ]);
    expect(values).toEqual(['from a thenable', 42, undefined, 'from a thread']);
  });

  it('does not stop the event loop', async () => {
    let ticks = 0;
    const interval = setInterval(() => (ticks += 1), 2);
    await spawn(() => await_(new Promise((resolve) => setTimeout(resolve, 100))));
    clearInterval(interval);
    expect(ticks).toBeGreaterThan(3);
  });

  it('can be called deep below plain functions and builtins', async () => {
    const sum = await spawn(() =>
      [1, 2, 3].map((value) => await_(later(value))).reduce((a, b) => await_(later(a + b))),
    );
    expect(sum).toBe(6);
  });

  it('waits for work of libuv’s pool', async () => {
    const text = await spawn(() => await_(readFile('/proc/self/comm', 'utf8')));
    expect(text).toMatch(/\n$/);
  });

  it('outside a green thread says what to do', () => {
    const error = expect.objectContaining({
      name: 'GreenifyError',
      code: 'ERR_GREENIFY_NOT_GREEN',
      message: expect.stringMatching(/spawn\(fn\).*async_\(fn\)/) as string,
    }) as Error;
    expect(() => await_(later(1))).toThrow(error);
    expect(() => await_(later(1))).toThrow(GreenifyError);
  });

  it('refuses to wait where nothing may be suspended; sleep really blocks there', async () => {
    const underTimeout = (wait: () => unknown): unknown =>
      runInNewContext('wait()', { wait }, { timeout: 10_000 });
    const refused = spawn(() => underTimeout(() => await_(later(1))));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_GREENIFY_NO_YIELD' });
    const blocked = spawn(() => {
      underTimeout(() => sleep(20));
      return 'never waited';
    });
    expect(blocked.state).toBe('fulfilled');
    expect(await blocked).toBe('never waited');
  });

  it('is not green any more behind an `await` of an async body', async () => {
    const thread = spawn(async () => {
      await Promise.resolve();
      return await_(later(1));
    });
    await expect(thread).rejects.toMatchObject({ code: 'ERR_GREENIFY_NOT_GREEN' });
  });
});

describe('await_ of a function', () => {
  it('gives a synchronous version of it, with arguments and `this`', async () => {
    async function add(this: { count: number }, amount: number): Promise<number> {
      this.count += await later(amount);
      return this.count;
    }
    const synchronous = { count: 20, add: await_(add) };
    expect(await spawn(() => synchronous.add(5))).toBe(25);
    expectTypeOf(synchronous.add).returns.toEqualTypeOf<number>();
  });

  it('keeps its name and length', () => {
    async function original(a: number, b: number): Promise<number> {
      return later(a + b);
    }
    const synchronous = await_(original);
    expect(synchronous.name).toBe('original');
    expect(synchronous.length).toBe(2);
  });

  it('throws what it rejects with, and what it throws at once', async () => {
    const rejecting = await_(() => Promise.reject(new Error('rejected')));
    const throwing = await_((): number => {
      throw new Error('thrown');
    });
    await expect(spawn(() => rejecting())).rejects.toThrow('rejected');
    await expect(spawn(() => throwing())).rejects.toThrow('thrown');
  });

  it('may be made anywhere, and called in green threads only', () => {
    const synchronous = await_(() => later(1));
    expect(() => synchronous()).toThrow(
      expect.objectContaining({ code: 'ERR_GREENIFY_NOT_GREEN' }) as Error,
    );
  });
});

describe('async_', () => {
  it('runs the function in a green thread and returns a promise of its result', async () => {
    const add = async_((a: number, b: number) => {
      sleep(1);
      return { sum: a + b, green: isGreen(), thread: current()?.name };
    });
    const promise = add(1, 2);
    expect(promise).toBeInstanceOf(GreenThread);
    expect(await promise).toEqual({ sum: 3, green: true, thread: 'anonymous' });
  });

  it('keeps `this`, name and length', async () => {
    const account = {
      balance: 5,
      deposit: async_(function deposit(this: { balance: number }, amount: number) {
        sleep(1);
        return this.balance + amount;
      }),
    };
    expect(await account.deposit(3)).toBe(8);
    expect(account.deposit.name).toBe('deposit');
    expect(account.deposit.length).toBe(1);
  });

  it('runs calls side by side', async () => {
    const log: string[] = [];
    const worker = async_((name: string, ms: number) => {
      log.push(`${name} starts`);
      sleep(ms);
      log.push(`${name} ends`);
    });
    await Promise.all([worker('slow', 30), worker('quick', 5)]);
    expect(log).toEqual(['slow starts', 'quick starts', 'quick ends', 'slow ends']);
  });

  it('rejects with what the function throws, and never throws it', async () => {
    const failing = async_(() => {
      throw new Error('no');
    });
    await expect(failing()).rejects.toThrow('no');
  });

  it('can be called in a green thread, which goes on', async () => {
    const inner = async_((ms: number) => {
      sleep(ms);
      return ms;
    });
    const results = await spawn(() => [inner(3), inner(1)].map((promise) => await_(promise)));
    expect(results).toEqual([3, 1]);
  });

  it.each([undefined, null, 5, 'text', {}])('refuses %s', (value) => {
    expect(() => async_(value as () => void)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
  });
});
