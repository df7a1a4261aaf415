import { await_, CancelledError, current, GreenifyError, sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';

const forever = (): Promise<never> => new Promise(() => undefined);

describe('cancel', () => {
  it('ends a sleep with a CancelledError', async () => {
    const thread = spawn(() => sleep(60_000));
    thread.cancel();
    await expect(thread).rejects.toBeInstanceOf(CancelledError);
    await expect(thread).rejects.toBeInstanceOf(GreenifyError);
    await expect(thread).rejects.toMatchObject({ code: 'ERR_GREENIFY_CANCELLED' });
    expect(thread.state).toBe('rejected');
  });

  it('ends a sleep without end', async () => {
    const thread = spawn(() => sleep(Infinity));
    thread.cancel();
    await expect(thread).rejects.toBeInstanceOf(CancelledError);
  });

  it('ends an await_', async () => {
    const thread = spawn(() => await_(forever()));
    thread.cancel();
    await expect(thread).rejects.toBeInstanceOf(CancelledError);
  });

  it.each([new RangeError('my reason'), 'a string', null, 0])(
    'throws the reason %s',
    async (reason) => {
      const thread = spawn(() => sleep(60_000));
      thread.cancel(reason);
      await expect(thread).rejects.toBe(reason);
    },
  );

  it('does not resume the thread at once, but in a later turn of the loop', async () => {
    const log: string[] = [];
    const thread = spawn(() => {
      try {
        sleep(60_000);
      } finally {
        log.push('ended');
      }
    });
    thread.cancel();
    log.push('cancel has returned');
    await expect(thread).rejects.toBeInstanceOf(CancelledError);
    expect(log).toEqual(['cancel has returned', 'ended']);
  });

  it('can be caught, and the thread goes on', async () => {
    const caught: unknown[] = [];
    const thread = spawn(() => {
      for (let i = 0; i < 2; i += 1) {
        try {
          sleep(60_000);
        } catch (error) {
          caught.push(error);
        }
      }
      sleep(1);
    });
    thread.cancel('first');
    // Until then a second cancellation would be the same one.
    while (caught.length === 0) await new Promise((resolve) => setImmediate(resolve));
    thread.cancel('second');
    await thread;
    expect(caught).toEqual(['first', 'second']);
  });

  it('counts once when it is called twice before the thread runs: the first reason stays', async () => {
    const thread = spawn(() => sleep(60_000));
    thread.cancel('first');
    thread.cancel('second');
    await expect(thread).rejects.toBe('first');
  });

  it('before a wait ends the next wait at once', async () => {
    const thread = spawn(() => {
      current()?.cancel('before sleep');
      try {
        sleep(60_000);
      } catch (reason) {
        current()?.cancel('before await_');
        return [reason, await_(forever().catch(() => undefined))];
      }
      return [];
    });
    await expect(thread).rejects.toBe('before await_');
  });

  it('reaches a thread from one that it has started', async () => {
    const outer = spawn(() => {
      const me = current();
      spawn(() => me?.cancel('from inside'));
      sleep(60_000);
    });
    await expect(outer).rejects.toBe('from inside');
  });

  it('has no effect on a thread that has ended', async () => {
    const thread = spawn(() => 'result');
    thread.cancel();
    expect(await thread).toBe('result');
    thread.cancel();
    expect(thread.state).toBe('fulfilled');
    // The next thread takes over the stack, but not the cancellation.
    expect(await spawn(() => (sleep(1), 'untouched'))).toBe('untouched');
  });

  it('of a thread that is already woken counts for its next wait', async () => {
    const thread = spawn(() => {
      sleep(0);
      sleep(60_000);
    });
    thread.cancel('too late for the first');
    await expect(thread).rejects.toBe('too late for the first');
  });

  it('leaves the promise that was waited for alone', async () => {
    let reject: (reason: Error) => void = () => undefined;
    const promise = new Promise<never>((_resolve, rejectPromise) => {
      reject = rejectPromise;
    });
    const log: string[] = [];
    const thread = spawn(() => {
      try {
        await_(promise);
      } catch (reason) {
        log.push(String(reason));
      }
      sleep(20);
      log.push('slept undisturbed');
    });
    thread.cancel('cancelled');
    await new Promise((resolve) => setTimeout(resolve, 5));
    reject(new Error('nobody waits any more'));
    await thread;
    expect(log).toEqual(['cancelled', 'slept undisturbed']);
    await expect(promise).rejects.toThrow('nobody waits any more');
  });
});
