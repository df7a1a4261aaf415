import {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from 'node:async_hooks';
import { async_, await_, sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { runCommonJs } from './support/child';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('async hooks', () => {
  it('see each green thread as an async resource of its own, the same after every wait', async () => {
    const seen: { id: number; resource: object }[] = [];
    const look = (): void => {
      seen.push({ id: executionAsyncId(), resource: executionAsyncResource() });
    };
    const outside = executionAsyncId();
    const thread = spawn(() => {
      look();
      sleep(1);
      look();
      await_(later(1));
      look();
    });
    expect(executionAsyncId()).toBe(outside);
    await thread;
    expect(new Set(seen.map(({ id }) => id)).size).toBe(1);
    expect(seen[0]?.id).not.toBe(outside);
    expect(seen.map(({ resource }) => resource === thread)).toEqual([true, true, true]);
  });

  it('are told who started the thread, and when it begins, waits and ends', async () => {
    const log: string[] = [];
    let threadId = -1;
    const hook = createHook({
      init: (id, type) => {
        if (type !== 'GreenThread') return;
        threadId = id;
        log.push('init');
      },
      before: (id) => id === threadId && log.push('before'),
      after: (id) => id === threadId && log.push('after'),
      destroy: (id) => id === threadId && log.push('destroy'),
    }).enable();
    const starter = executionAsyncId();
    const trigger = await spawn(() => {
      sleep(1);
      return triggerAsyncId();
    });
    await later(5);
    hook.disable();
    expect(trigger).toBe(starter);
    expect(log).toEqual(['init', 'before', 'after', 'before', 'after', 'destroy']);
  });

  it('keep the ids of scopes that are open across a wait, whatever order they close in', async () => {
    const ids = await Promise.all(
      [9, 1, 5].map((ms) =>
        spawn(() => {
          const resource = new AsyncResource('Scope');
          return resource.runInAsyncScope(() => {
            sleep(ms);
            return executionAsyncId() === resource.asyncId();
          });
        }),
      ),
    );
    expect(ids).toEqual([true, true, true]);
  });
});

describe('AsyncLocalStorage', () => {
  const storage = new AsyncLocalStorage<string>();

  it('reaches into a green thread and stays across its waits', async () => {
    const seen = await storage.run('outer', () =>
      spawn(() => {
        const stores = [storage.getStore()];
        sleep(1);
        stores.push(storage.getStore());
        await_(later(1));
        stores.push(storage.getStore());
        return stores;
      }),
    );
    expect(seen).toEqual(['outer', 'outer', 'outer']);
    expect(storage.getStore()).toBeUndefined();
  });

  it('keeps threads that take turns apart', async () => {
    const request = async_((name: string) =>
      storage.run(name, () => {
        const seen: (string | undefined)[] = [];
        for (let turn = 0; turn < 10; turn += 1) {
          sleep(turn % 2);
          seen.push(storage.getStore());
        }
        return seen;
      }),
    );
    const names = Array.from({ length: 50 }, (_, index) => `request ${index}`);
    const results = await Promise.all(names.map((name) => request(name)));
    expect(results).toEqual(names.map((name) => Array.from({ length: 10 }, () => name)));
  });

  it('set by enterWith in a thread does not leak out of it', async () => {
    const thread = spawn(() => {
      storage.enterWith('inside');
      sleep(1);
      return storage.getStore();
    });
    expect(storage.getStore()).toBeUndefined();
    expect(await thread).toBe('inside');
    expect(storage.getStore()).toBeUndefined();
  });

  it('reaches timers and promises that a thread starts', async () => {
    const seen = await storage.run('outer', () =>
      spawn(() => {
        sleep(1);
        const fromTimer = await_(
          new Promise((resolve) => setTimeout(() => resolve(storage.getStore()), 1)),
        );
        const fromPromise = await_(Promise.resolve().then(() => storage.getStore()));
        return [fromTimer, fromPromise];
      }),
    );
    expect(seen).toEqual(['outer', 'outer']);
  });

  it('in who cancels or settles does not leak into the thread that goes on', async () => {
    let resolve: () => void = () => undefined;
    const thread = storage.run('the thread’s', () =>
      spawn(() => {
        await_(new Promise<void>((settle) => (resolve = settle)));
        return storage.getStore();
      }),
    );
    storage.run('the settler’s', () => resolve());
    expect(await thread).toBe('the thread’s');
  });
});

describe('domains', () => {
  it('are those of the thread, and not of who runs meanwhile', async () => {
    const ended = await runCommonJs(`
      const domain = require('node:domain');
      const { sleep, spawn } = require('greenify');
      const mine = domain.create();
      const inDomain = mine.run(() => spawn(() => {
        const before = process.domain === mine;
        sleep(20);
        return [before, process.domain === mine];
      }));
      const outside = spawn(() => {
        const before = process.domain == null;
        sleep(10);
        return [before, process.domain == null];
      });
      console.log(process.domain == null);
      Promise.all([inDomain, outside]).then((seen) => console.log(JSON.stringify(seen)));
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'true\n[[true,true],[true,true]]\n' });
  });
});
