import { spawn as spawnProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { on, once } from 'node:events';
import { afterAll, describe, expect } from 'vitest';
import { fixturePath } from '../support/fixtures';
import { behaviour } from './behaviour';
import { time } from './structures';
import * as ways from './ways';
import { bytes, errno, stillWaits, waitsFor, type Call, type Outcome } from './ways';

const IPC_PRIVATE = 0;
const IPC_CREAT = 0o1000;
const IPC_RMID = 0;
const IPC_NOWAIT = 0o4000;
const SEM_UNDO = 0x1000;
const GETVAL = 12;
const SETVAL = 16;
const [O_RDWR, O_CREAT, O_NONBLOCK] = [2, 0o100, 0o4000];
const CLOCK_MONOTONIC = 1;

const plainly = ways.originalCalls;
const failed = (error: number): Outcome => ({ result: -1, errno: error });
const succeeded = (result = 0): Outcome => ({ result, errno: 0 });
const atEnd: (() => void)[] = [];
afterAll(() => atEnd.forEach((end) => end()));

const newName = (): string => `/greenify-test-${randomUUID()}`;

/** An absolute time by a clock; of CLOCK_REALTIME unless told. */
function timeIn(ms: number, clock = Date.now()): Buffer {
  const at = clock + ms;
  return time(Math.floor(at / 1000), Math.floor((at % 1000) * 1e6));
}

/** With the plain calls, and with those of a green thread: both must come to the same. */
async function bothWays<T>(play: (call: Call) => Promise<T>): Promise<T> {
  const [plain, green] = await Promise.all([play(ways.plain), play(ways.green)]);
  expect(green, 'in a green thread').toEqual(plain);
  return green;
}

describe('POSIX message queues', () => {
  const receivers = ['mq_receive', 'mq_timedreceive'] as const;
  const senders = ['mq_send', 'mq_timedsend'] as const;
  const SIZE = 16;

  /** A queue that has room for one message. */
  function queue(flags = 0): number {
    const name = newName();
    const attributes = Buffer.alloc(64);
    attributes.writeBigInt64LE(1n, 8);
    attributes.writeBigInt64LE(BigInt(SIZE), 16);
    const made = plainly['mq_open']!(name, O_RDWR | O_CREAT | flags, 0o600, attributes).result;
    expect(made).toBeGreaterThan(0);
    plainly['mq_unlink']!(name);
    atEnd.push(() => plainly['mq_close']!(made));
    return made;
  }

  const receive = (call: Call, name: string, from: number, until?: Buffer) => {
    const message = Buffer.alloc(SIZE);
    return call(name, from, message, SIZE, null, until).then(({ result, errno: error }) =>
      result < 0 ? error : message.toString('latin1', 0, result),
    );
  };
  const send = (call: Call, name: string, to: number, text: string, until?: Buffer) =>
    call(name, to, bytes(text), text.length, 0, until);

  describe.each(receivers)('%s', (name) => {
    behaviour(receivers, 'message')('waits for a message', async () => {
      const got = await bothWays(async (call) => {
        const made = queue();
        const pending = receive(call, name, made);
        await stillWaits(pending);
        plainly['mq_send']!(made, bytes('came'), 4, 0);
        const waited = await pending;
        plainly['mq_send']!(made, bytes('there'), 5, 0);
        return [waited, await receive(call, name, made)];
      });
      expect(got).toEqual(['came', 'there']);
    });

    behaviour(receivers, 'O_NONBLOCK')('does not wait with O_NONBLOCK', async () => {
      const got = await bothWays((call) => receive(call, name, queue(O_NONBLOCK)));
      expect(got).toBe(errno.EAGAIN);
    });
  });

  describe.each(senders)('%s', (name) => {
    behaviour(senders, 'room')('waits for room', async () => {
      const outcomes = await bothWays(async (call) => {
        const made = queue();
        const first = await send(call, name, made, 'first');
        const pending = send(call, name, made, 'second');
        await stillWaits(pending);
        return [
          first,
          await receive(ways.plain, 'mq_receive', made),
          await pending,
          await receive(ways.plain, 'mq_receive', made),
        ];
      });
      expect(outcomes).toEqual([succeeded(), 'first', succeeded(), 'second']);
    });

    behaviour(senders, 'O_NONBLOCK')('does not wait with O_NONBLOCK', async () => {
      const outcome = await bothWays(async (call) => {
        const made = queue(O_NONBLOCK);
        await send(call, name, made, 'first');
        return send(call, name, made, 'second');
      });
      expect(outcome).toEqual(failed(errno.EAGAIN));
    });
  });

  behaviour(['mq_timedreceive', 'mq_timedsend'], ['timeout', 'EINVAL'])(
    'until a time, which has to be one',
    async () => {
      const outcomes = await bothWays(async (call) => {
        const made = queue();
        const invalid = time(0, 1e9);
        const late = await waitsFor(80, () => receive(call, 'mq_timedreceive', made, timeIn(80)));
        const wrong = await receive(call, 'mq_timedreceive', made, invalid);
        await send(call, 'mq_timedsend', made, 'first', invalid);
        await send(call, 'mq_timedsend', made, 'first', timeIn(0));
        return [
          late,
          wrong,
          await waitsFor(80, () => send(call, 'mq_timedsend', made, 'second', timeIn(80))),
          await send(call, 'mq_timedsend', made, 'second', invalid),
        ];
      });
      expect(outcomes).toEqual([
        errno.ETIMEDOUT,
        errno.EINVAL,
        failed(errno.ETIMEDOUT),
        failed(errno.EINVAL),
      ]);
    },
  );
});

describe('message queues of System V', () => {
  const transfers = ['msgrcv', 'msgsnd'] as const;
  // msgctl(2): a queue has room for 16,384 bytes unless told; two such messages do not fit.
  const SIZE = 8192;
  const MSGMAX_MESSAGES = 2;

  function queue(): number {
    const made = plainly['msgget']!(IPC_PRIVATE, IPC_CREAT | 0o600).result;
    atEnd.push(() => plainly['msgctl']!(made, IPC_RMID, null));
    return made;
  }

  /** struct msgbuf: the type, and the text. */
  function message(type: number): Buffer {
    const buffer = Buffer.alloc(8 + SIZE);
    buffer.writeBigInt64LE(BigInt(type));
    return buffer;
  }
  const send = (call: Call, to: number, type: number, flags = 0) =>
    call('msgsnd', to, message(type), SIZE, flags);
  const receive = (call: Call, from: number, type = 0, flags = 0) =>
    call('msgrcv', from, message(0), SIZE, type, flags);
  const fill = async (to: number): Promise<void> => {
    for (let i = 0; i < MSGMAX_MESSAGES; i++) await send(ways.plain, to, 1);
  };

  behaviour('msgrcv', ['message', 'IPC_NOWAIT'])('msgrcv waits for its message', async () => {
    const outcomes = await bothWays(async (call) => {
      const made = queue();
      const refused = await receive(call, made, 2, IPC_NOWAIT);
      const pending = receive(call, made, 2);
      await send(ways.plain, made, 1);
      await stillWaits(pending);
      await send(ways.plain, made, 2);
      return [refused, await pending, await receive(call, made)];
    });
    expect(outcomes).toEqual([failed(errno.ENOMSG), succeeded(SIZE), succeeded(SIZE)]);
  });

  behaviour('msgsnd', ['room', 'IPC_NOWAIT'])('msgsnd waits for room', async () => {
    const outcomes = await bothWays(async (call) => {
      const made = queue();
      await fill(made);
      const refused = await send(call, made, 1, IPC_NOWAIT);
      const pending = send(call, made, 1);
      await stillWaits(pending);
      await receive(ways.plain, made);
      return [refused, await pending];
    });
    expect(outcomes).toEqual([failed(errno.EAGAIN), succeeded()]);
  });

  behaviour(transfers, 'EIDRM')('that are removed end the wait', async () => {
    const outcomes = await bothWays(async (call) => {
      const [empty, full] = [queue(), queue()];
      await fill(full);
      const pending = [receive(call, empty), send(call, full, 1)];
      for (const wait of pending) await stillWaits(wait);
      for (const made of [empty, full]) plainly['msgctl']!(made, IPC_RMID, null);
      return Promise.all(pending);
    });
    expect(outcomes).toEqual(Array(2).fill(failed(errno.EIDRM)));
  });
});

describe('semaphores of System V', () => {
  const operators = ['semop', 'semtimedop'] as const;

  function set(...values: number[]): number {
    const made = plainly['semget']!(IPC_PRIVATE, values.length, IPC_CREAT | 0o600).result;
    values.forEach((value, i) => plainly['semctl']!(made, i, SETVAL, value));
    atEnd.push(() => plainly['semctl']!(made, 0, IPC_RMID));
    return made;
  }
  const values = (made: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => plainly['semctl']!(made, i, GETVAL).result);

  type Operation = [index: number, change: number, flags?: number];

  /** struct sembuf[] */
  const operate = (call: Call, name: string, made: number, list: Operation[], limit?: Buffer) => {
    const words = list.flatMap(([index, change, flags = 0]) => [index, change, flags]);
    return call(name, made, Buffer.from(Int16Array.from(words).buffer), list.length, limit);
  };

  describe.each(operators)('%s', (name) => {
    behaviour(operators, ['operations', 'zero'])('waits until all can be done', async () => {
      const seen = await bothWays(async (call) => {
        const made = set(1, 0);
        const pending = operate(call, name, made, [
          [0, -1],
          [1, -2],
        ]);
        await stillWaits(pending);
        await operate(ways.plain, 'semop', made, [[1, 1]]);
        await stillWaits(pending);
        await operate(ways.plain, 'semop', made, [[1, 2]]);
        const done = await pending;
        const zero = operate(call, name, made, [[1, 0]]);
        await stillWaits(zero);
        const between = values(made, 2);
        await operate(ways.plain, 'semop', made, [[1, -1]]);
        return [done, between, await zero];
      });
      expect(seen).toEqual([succeeded(), [0, 1], succeeded()]);
    });

    behaviour(operators, ['IPC_NOWAIT', 'EIDRM'])('or not at all', async () => {
      const outcomes = await bothWays(async (call) => {
        const made = set(0);
        const refused = await operate(call, name, made, [[0, -1, IPC_NOWAIT]]);
        const pending = operate(call, name, made, [[0, -1]]);
        await stillWaits(pending);
        plainly['semctl']!(made, 0, IPC_RMID);
        return [refused, await pending];
      });
      expect(outcomes).toEqual([failed(errno.EAGAIN), failed(errno.EIDRM)]);
    });

    behaviour(operators, 'SEM_UNDO')('undoes at the end of the process', async () => {
      const made = set(0);
      const program = `
        const { patchLib, spawn } = require('greenify');
        const path = ${JSON.stringify(fixturePath('calls'))};
        patchLib(path);
        const calls = require(path);
        const words = (...list) => Buffer.from(Int16Array.from(list).buffer);
        spawn(() => {
          process.stdout.write('waits');
          calls.${name}(${made}, words(0, -1, ${SEM_UNDO}), 1);
          process.stdout.write('has it');
          process.stdin.on('data', () => process.exit());
        });`;
      const child = spawnProcess(process.execPath, ['-e', program], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const output = on(child.stdout, 'data');
      const said = async (): Promise<string> => String((await output.next()).value);
      expect(await said()).toBe('waits');
      await operate(ways.plain, 'semop', made, [[0, 1]]);
      expect(await said()).toBe('has it');
      expect(values(made, 1)).toEqual([0]);
      const ended = once(child, 'exit');
      child.stdin.end('go');
      await ended;
      expect(values(made, 1)).toEqual([1]);
    });
  });

  behaviour('semtimedop', ['timeout', 'EINVAL'])('for a time, which has to be one', async () => {
    const outcomes = await bothWays(async (call) => {
      const made = set(0);
      const wait = (limit: Buffer) => operate(call, 'semtimedop', made, [[0, -1]], limit);
      return [await waitsFor(80, () => wait(time(0, 8e7))), await wait(time(0, 1e9))];
    });
    expect(outcomes).toEqual([failed(errno.EAGAIN), failed(errno.EINVAL)]);
  });
});

describe('POSIX semaphores that processes share', () => {
  const waiters = ['sem_wait', 'sem_timedwait', 'sem_clockwait'] as const;
  const now = (): number => Number(process.hrtime.bigint() / 1_000_000n);

  function semaphore(): number {
    const name = newName();
    const made = plainly['sem_open']!(name, O_CREAT, 0o600, 0).result;
    plainly['sem_unlink']!(name);
    atEnd.push(() => plainly['sem_close']!(made));
    return made;
  }
  const wait = (call: Call, name: string, on: number, ms: number) =>
    name === 'sem_clockwait'
      ? call(name, on, CLOCK_MONOTONIC, timeIn(ms, now()))
      : call(name, on, timeIn(ms));

  behaviour(waiters, 'shared between processes').each(waiters)(
    '%s waits until anybody posts',
    async (name) => {
      const outcome = await bothWays(async (call) => {
        const made = semaphore();
        const pending = wait(call, name, made, 30_000);
        await stillWaits(pending);
        // Plain code, of which nobody here is told: another process would not tell either.
        plainly['sem_post']!(made);
        return pending;
      });
      expect(outcome).toEqual(succeeded());
    },
  );

  behaviour(['sem_timedwait', 'sem_clockwait'], 'timeout').each(['sem_timedwait', 'sem_clockwait'])(
    '%s until a time',
    async (name) => {
      const outcome = await bothWays((call) =>
        waitsFor(80, () => wait(call, name, semaphore(), 82)),
      );
      expect(outcome).toEqual(failed(errno.ETIMEDOUT));
    },
  );
});
