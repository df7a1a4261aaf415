import { once } from 'node:events';
import { createServer, connect, type AddressInfo } from 'node:net';
import { await_, sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { runCommonJs } from './support/child';

describe('order', () => {
  it('threads that sleep are resumed by deadline, and first come first served', async () => {
    const log: string[] = [];
    const sleeper = (name: string, ms: number): PromiseLike<void> =>
      spawn(() => {
        sleep(ms);
        log.push(name);
      });
    await Promise.all([sleeper('late', 60), sleeper('early', 10), sleeper('middle', 30)]);
    expect(log).toEqual(['early', 'middle', 'late']);
  });

  it('sleep(0) lets every other ready thread have its turn', async () => {
    const log: string[] = [];
    await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        spawn(() => {
          for (let turn = 0; turn < 3; turn += 1) {
            log.push(name + turn);
            sleep(0);
          }
        }),
      ),
    );
    expect(log).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
  });

  it('threads that await promises are resumed in the order in which those settle', async () => {
    const log: number[] = [];
    const settle: (() => void)[] = [];
    const threads = [0, 1, 2].map((index) => {
      const promise = new Promise<void>((resolve) => settle.push(resolve));
      return spawn(() => {
        await_(promise);
        log.push(index);
      });
    });
    for (const index of [2, 0, 1]) settle[index]?.();
    await Promise.all(threads);
    expect(log).toEqual([2, 0, 1]);
  });

  it('microtasks of a thread run before the next thread does', async () => {
    const log: string[] = [];
    const thread = (name: string): PromiseLike<void> =>
      spawn(() => {
        sleep(0);
        log.push(name);
        void Promise.resolve().then(() => log.push(`${name}'s promise`));
        process.nextTick(() => log.push(`${name}'s tick`));
      });
    await Promise.all([thread('first'), thread('second')]);
    expect(log).toEqual([
      'first',
      "first's tick",
      "first's promise",
      'second',
      "second's tick",
      "second's promise",
    ]);
  });
});

describe('while threads wait', () => {
  it('timers fire and promises go on', async () => {
    let ticks = 0;
    const interval = setInterval(() => (ticks += 1), 5);
    let links = 0;
    const chain = (async () => {
      for (let link = 0; link < 100; link += 1) {
        await Promise.resolve();
        links += 1;
      }
    })();
    await spawn(() => sleep(200));
    clearInterval(interval);
    await chain;
    expect(ticks).toBeGreaterThan(4);
    expect(links).toBe(100);
  });

  it('a thousand of them wait at once, and each gets its own result', async () => {
    let waiting = 0;
    let most = 0;
    const start = performance.now();
    const threads = Array.from({ length: 1000 }, (_, index) =>
      spawn(() => {
        let sum = 0;
        for (let round = 0; round < 3; round += 1) {
          waiting += 1;
          most = Math.max(most, waiting);
          sleep(20);
          waiting -= 1;
          sum += await_(Promise.resolve(index));
        }
        return sum;
      }),
    );
    const results = await Promise.all(threads);
    expect(results).toEqual(Array.from({ length: 1000 }, (_, index) => 3 * index));
    expect(most).toBe(1000);
    // One after another they would take a minute.
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('those that are always ready starve neither timers nor sockets', async () => {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const heard: string[] = [];
    const patience = 100_000;
    const spinners = Array.from({ length: 64 }, () =>
      spawn(() => {
        let turns = 0;
        while (heard.length < 2 && turns < patience) {
          sleep(0);
          turns += 1;
        }
        return turns;
      }),
    );
    setTimeout(() => heard.push('timer'), 20);
    const { port } = server.address() as AddressInfo;
    connect(port, '127.0.0.1').on('data', () => heard.push('socket'));
    const turns = await Promise.all(spinners);
    server.close();
    expect(heard.sort()).toEqual(['socket', 'timer']);
    expect(Math.max(...turns)).toBeLessThan(patience);
    expect(Math.min(...turns)).toBeGreaterThan(0);
  });
});

describe('worker threads', () => {
  it('have green threads of their own, beside those of the main thread', async () => {
    const ended = await runCommonJs(`
      const { Worker } = require('node:worker_threads');
      const { current, sleep, spawn } = require('greenify');
      const program = (where) => Promise.all([2, 1].map((ms) => spawn(() => {
        sleep(ms);
        return where + current().id;
      })));
      const code = "const { sleep, spawn, current } = require('greenify');" +
        "const program = " + program +
        "; program('worker ').then((seen) => require('node:worker_threads').parentPort.postMessage(seen))";
      const workers = [1, 2].map(() => new Promise((resolve) => {
        const worker = new Worker(code, { eval: true });
        let seen;
        worker.on('message', (message) => (seen = message));
        worker.on('exit', (exitCode) => resolve([exitCode, ...seen]));
      }));
      Promise.all([program('main '), ...workers]).then((seen) => console.log(JSON.stringify(seen)));
    `);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    const ofWorker = [0, 'worker 1', 'worker 2'];
    expect(JSON.parse(ended.stdout)).toEqual([['main 1', 'main 2'], ofWorker, ofWorker]);
  });
});

describe('the process', () => {
  it('stays alive while a thread sleeps', async () => {
    const ended = await runCommonJs(`
      const { sleep, spawn } = require('greenify');
      spawn(() => {
        sleep(100);
        console.log('slept');
      });
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'slept\n', stderr: '' });
  });

  it('does not stay alive for threads that only await promises', async () => {
    const ended = await runCommonJs(`
      const { await_, spawn } = require('greenify');
      spawn(() => {
        try {
          await_(new Promise(() => {}));
        } finally {
          console.log('never reached');
        }
      });
      process.on('exit', () => console.log('exits'));
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'exits\n', stderr: '' });
  });

  it('stays alive for what the awaited promise itself waits for', async () => {
    const ended = await runCommonJs(`
      const { await_, spawn } = require('greenify');
      const { setTimeout: delay } = require('node:timers/promises');
      spawn(() => console.log(await_(delay(50, 'waited'))));
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'waited\n', stderr: '' });
  });

  it('may exit inside a green thread, with others suspended', async () => {
    const ended = await runCommonJs(`
      const { sleep, spawn } = require('greenify');
      for (let i = 0; i < 10; i += 1) spawn(() => sleep(60_000));
      spawn(() => {
        sleep(5);
        process.exit(7);
      });
    `);
    expect(ended).toMatchObject({ code: 7, signal: null, stderr: '' });
  });
});
