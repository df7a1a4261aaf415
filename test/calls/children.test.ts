import { describe, expect } from 'vitest';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { bytes, descriptors, errno, stillWaits, type Call } from './ways';

const [WNOHANG, WUNTRACED, WEXITED, WCONTINUED] = [1, 2, 4, 8];
const WNOWAIT = 0x0100_0000;
const [P_ALL, P_PID] = [0, 1];
const [CLD_EXITED, CLD_STOPPED] = [1, 5];
const specific = ['waitpid', 'wait4', 'waitid'] as const;
const waiters = ['wait', 'wait3', 'waitpid', 'wait4', 'waitid'] as const;
const optional = ['wait3', 'waitpid', 'wait4', 'waitid'] as const;

/** A child that goes on (to its end, or first to a stop) when it is told to. */
function waitingChild(status: number, stops = 0): { pid: number; goOn: () => void } {
  const [from, to] = descriptors.pipe(0);
  const pid = descriptors.fork(from, status, stops);
  const goOn = (): void => {
    ways.originalCalls['write']!(to, bytes('x'));
    for (const fd of [from, to]) ways.originalCalls['close']!(fd);
  };
  return { pid, goOn };
}

/** What was learnt: of whom, and what. */
interface Learnt {
  errno: number;
  /** 0 when there was nothing to learn. */
  pid: number;
  /** The exit status, or the signal that stopped the child. */
  status: number;
  stopped: boolean;
}

/** Waits for a child, or for any (-1), by each function's own arguments. */
async function learn(call: Call, name: string, pid: number, options = 0): Promise<Learnt> {
  if (name === 'waitid') return learnById(call, pid, options);
  const [status, usage] = [Buffer.alloc(4), Buffer.alloc(144)];
  const shapes: Record<string, unknown[]> = {
    wait: [status],
    wait3: [status, options, usage],
    waitpid: [pid, status, options],
    wait4: [pid, status, options, usage],
  };
  const { result, errno: error } = await call(name, ...shapes[name]!);
  const word = status.readInt32LE();
  return { errno: error, pid: result, status: word >> 8, stopped: (word & 0xff) === 0x7f };
}

async function learnById(call: Call, pid: number, options: number): Promise<Learnt> {
  const info = Buffer.alloc(128);
  const [type, id] = pid < 0 ? [P_ALL, 0] : [P_PID, pid];
  const { result, errno: error } = await call('waitid', type, id, info, options | WEXITED);
  const code = info.readInt32LE(8);
  if (result === 0 && code !== 0) expect([CLD_EXITED, CLD_STOPPED]).toContain(code);
  return {
    errno: error,
    pid: result < 0 ? -1 : info.readInt32LE(16),
    status: info.readInt32LE(24),
    stopped: code === CLD_STOPPED,
  };
}

/** One way after another: children are the process's. */
async function bothWays<T>(play: (call: Call) => Promise<T>): Promise<T> {
  const plainly = await play(ways.plain);
  expect(await play(ways.green), 'in a green thread').toEqual(plainly);
  return plainly;
}

const ended = (status: number): Omit<Learnt, 'pid'> => ({ errno: 0, status, stopped: false });

/** What was learnt of the child itself. */
function about(pid: number, learnt: Learnt): Omit<Learnt, 'pid'> {
  const { pid: whom, ...rest } = learnt;
  expect(whom).toBe(pid);
  return rest;
}

describe.each(specific)('%s', (name) => {
  behaviour(specific, 'child')('waits for the child that is named', async () => {
    const learnt = await bothWays(async (call) => {
      const other = descriptors.fork(-1, 3);
      const { pid, goOn } = waitingChild(42);
      const pending = learn(call, name, pid);
      await stillWaits(pending);
      goOn();
      const first = about(pid, await pending);
      return [first, about(other, await learn(call, name, other))];
    });
    expect(learnt).toEqual([ended(42), ended(3)]);
  });

  const stops = name === 'waitid' ? 'WSTOPPED' : 'WUNTRACED';
  const declared = {
    waitid: behaviour('waitid', 'WSTOPPED'),
    waitpid: behaviour('waitpid', 'WUNTRACED'),
    wait4: behaviour('wait4', 'WUNTRACED'),
  };
  declared[name](`waits for one that stops, with ${stops}`, async () => {
    const learnt = await bothWays(async (call) => {
      const { pid, goOn } = waitingChild(5, 1);
      const pending = learn(call, name, pid, WUNTRACED);
      await stillWaits(pending);
      goOn();
      const stopped = about(pid, await pending);
      process.kill(pid, 'SIGCONT');
      if (name === 'waitid') await call(name, P_PID, pid, Buffer.alloc(128), WCONTINUED);
      return [stopped, about(pid, await learn(call, name, pid))];
    });
    expect(learnt).toEqual([{ errno: 0, status: 19, stopped: true }, ended(5)]);
  });
});

describe.each(waiters)('%s', (name) => {
  behaviour(waiters, ['any child', 'ECHILD'])(
    'waits for any child, while there is one',
    async () => {
      const learnt = await bothWays(async (call) => {
        const children = [waitingChild(1), waitingChild(2)] as const;
        const known = [];
        for (const { pid, goOn } of children) {
          const pending = learn(call, name, -1);
          await stillWaits(pending);
          goOn();
          known.push(about(pid, await pending));
        }
        const { errno: error } = await learn(call, name, -1);
        return [...known, error];
      });
      expect(learnt).toEqual([ended(1), ended(2), errno.ECHILD]);
    },
  );
});

behaviour(optional, 'WNOHANG')('WNOHANG: they say that nothing has happened', async () => {
  for (const name of optional) {
    const learnt = await bothWays(async (call) => {
      const { pid, goOn } = waitingChild(9);
      const { pid: nobody } = await learn(call, name, pid, WNOHANG);
      goOn();
      return [nobody, about(pid, await learn(call, name, pid))];
    });
    expect(learnt, name).toEqual([0, ended(9)]);
  }
});

behaviour('waitid', 'WNOWAIT')('WNOWAIT: waitid leaves the child to be waited for', async () => {
  const learnt = await bothWays(async (call) => {
    const { pid, goOn } = waitingChild(8);
    const pending = learn(call, 'waitid', pid, WNOWAIT);
    await stillWaits(pending);
    goOn();
    const first = about(pid, await pending);
    return [first, about(pid, await learn(call, 'waitid', pid))];
  });
  expect(learnt).toEqual([ended(8), ended(8)]);
});
