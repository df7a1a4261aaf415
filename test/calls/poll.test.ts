import { spawn } from 'greenify';
import { openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, everyWay, stillWaits, waitsFor } from './ways';

const { MSG_OOB, POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } = constants;
const SIGUSR2 = 12;
const write = ways.originalCalls['write']!;
const send = ways.originalCalls['send']!;

interface Polled {
  fd: number;
  events: number;
}
type Poll = (call: ways.Call, polled: Polled[], ms: number) => Promise<ways.Outcome>;

const timespec = (ms: number): number[] | null =>
  ms < 0 ? null : [Math.floor(ms / 1000), (ms % 1000) * 1e6];

const functions: Record<string, Poll> = {
  poll: (call, polled, ms) => call('poll', polled, ms),
  ppoll: (call, polled, ms) => call('ppoll', polled, timespec(ms), null),
  'ppoll with a signal mask': (call, polled, ms) => call('ppoll', polled, timespec(ms), [SIGUSR2]),
};

describe.each(Object.keys(functions))('%s waits as the kernel does', (name) => {
  const poll = functions[name]!;

  behaviour(['poll', 'ppoll'], ['ready', 'no timeout'])(
    'without end, until a descriptor is ready',
    async () => {
      const outcome = await everyWay(async (call, desk) => {
        const [from, to] = desk.pipe();
        const pending = poll(call, [{ fd: from, events: POLLIN }], -1);
        await stillWaits(pending);
        write(to, bytes('x'));
        return pending;
      });
      expect(outcome).toEqual({ result: 1, errno: 0, revents: [POLLIN] });
    },
  );

  behaviour(['poll', 'ppoll'], ['timeout', 'timeout 0'])('for a time', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from] = desk.pipe();
      const polled = [{ fd: from, events: POLLIN }];
      return [await waitsFor(40, () => poll(call, polled, 40)), await poll(call, polled, 0)];
    });
    expect(outcomes).toEqual(Array(2).fill({ result: 0, errno: 0, revents: [0] }));
  });

  behaviour(['poll', 'ppoll'], ['no descriptors', 'negative descriptor'])(
    'for a time only, when there is nothing to wait for',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [from] = desk.pipe();
        return [
          await waitsFor(40, () => poll(call, [], 40)),
          await waitsFor(40, () => poll(call, [{ fd: -1, events: POLLIN }], 40)),
          await waitsFor(40, () => poll(call, [{ fd: from, events: 0 }], 40)),
        ];
      });
      expect(outcomes.map(({ result }) => result)).toEqual([0, 0, 0]);
    },
  );

  it('for the first of several descriptors', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const pipes = Array.from({ length: 5 }, () => desk.pipe());
      const polled = [
        { fd: -7, events: POLLIN },
        ...pipes.map(([from]) => ({ fd: from, events: POLLIN })),
      ];
      const pending = poll(call, polled, 60_000);
      await stillWaits(pending);
      write(pipes[3]![1], bytes('x'));
      return pending;
    });
    expect(outcome).toEqual({ result: 1, errno: 0, revents: [0, 0, 0, 0, POLLIN, 0] });
  });

  it('for the same descriptor twice', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair();
      const pending = poll(
        call,
        [
          { fd: here, events: POLLIN },
          { fd: here, events: POLLIN | POLLPRI },
          { fd: here, events: 0 },
        ],
        -1,
      );
      await stillWaits(pending);
      write(there, bytes('x'));
      return pending;
    });
    expect(outcomes).toEqual({ result: 2, errno: 0, revents: [POLLIN, POLLIN, 0] });
  });

  it('for room to write, and reports reading at the same time', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [here, there] = desk.socketpair();
      const full = await call('send', here, ways.pattern(1_000_000), constants.MSG_DONTWAIT);
      const pending = poll(call, [{ fd: here, events: POLLIN | POLLOUT }], -1);
      await stillWaits(pending);
      write(there, bytes('x'));
      const first = await pending;
      await ways.drain(there, full.result);
      return [first, await poll(call, [{ fd: here, events: POLLIN | POLLOUT }], -1)];
    });
    expect(outcome.map(({ revents }) => revents)).toEqual([[POLLIN], [POLLIN | POLLOUT]]);
  });

  behaviour(['poll', 'ppoll'], 'hang-up')(
    'for hang-ups and errors, also when nothing is asked for',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [from, to] = desk.pipe();
        const hangUp = poll(call, [{ fd: from, events: 0 }], -1);
        await stillWaits(hangUp);
        desk.close(to);
        const [reader, writer] = desk.pipe();
        const error = poll(call, [{ fd: writer, events: 0 }], -1);
        await stillWaits(error);
        desk.close(reader);
        return [await hangUp, await error, await poll(call, [{ fd: from, events: POLLIN }], -1)];
      });
      expect(outcomes.map(({ revents }) => revents)).toEqual([[POLLHUP], [POLLERR], [POLLHUP]]);
    },
  );

  it('for half-closed connections and urgent data', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      const urgent = poll(call, [{ fd: here, events: POLLPRI }], -1);
      await stillWaits(urgent);
      send(there, bytes('!'), MSG_OOB);
      const first = await urgent;
      const halfClosed = poll(call, [{ fd: here, events: POLLRDHUP }], -1);
      await stillWaits(halfClosed);
      ways.originalCalls['shutdown']!(there, constants.SHUT_WR);
      return [first, await halfClosed];
    });
    expect(outcomes.map(({ revents }) => revents)).toEqual([[POLLPRI], [POLLRDHUP]]);
  });

  behaviour(['poll', 'ppoll'], 'descriptor not open')(
    'not at all where something is ready, or is no descriptor',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const [from, to] = desk.pipe();
        const file = desk.keep(openSync('/proc/self/exe', 'r'));
        const idle = { fd: from, events: POLLIN };
        return [
          await poll(call, [idle, { fd: 99_999, events: POLLIN }], -1),
          await poll(call, [idle, { fd: file, events: POLLIN | POLLOUT }], -1),
          await poll(call, [idle, { fd: to, events: POLLIN | POLLOUT }], -1),
        ];
      });
      expect(outcomes.map(({ revents }) => revents)).toEqual([
        [0, POLLNVAL],
        [0, POLLIN | POLLOUT],
        [0, POLLOUT],
      ]);
    },
  );

  it('beside a regular file of which nothing is asked, with errno left alone', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const file = desk.keep(openSync('/proc/self/exe', 'r'));
      const polled = [
        { fd: file, events: 0 },
        { fd: from, events: POLLIN },
      ];
      const late = await waitsFor(40, () => poll(call, polled, 40));
      const pending = poll(call, polled, -1);
      await stillWaits(pending);
      write(to, bytes('x'));
      return [late, await pending];
    });
    expect(outcome).toEqual([
      { result: 0, errno: 0, revents: [0, 0] },
      { result: 1, errno: 0, revents: [0, POLLIN] },
    ]);
  });

  behaviour(['poll', 'ppoll'], 'many descriptors')(
    'for many more descriptors than the hub watches',
    async () => {
      const outcomes = await everyWay(async (call, desk) => {
        const pipes = Array.from({ length: 200 }, () => desk.pipe());
        const polled = pipes.map(([from]) => ({ fd: from, events: POLLIN }));
        const late = await waitsFor(40, () => poll(call, polled, 40));
        const pending = poll(call, polled, -1);
        await stillWaits(pending);
        write(pipes[199]![1], bytes('x'));
        return [late.result, (await pending).revents?.lastIndexOf(POLLIN)];
      });
      expect(outcomes).toEqual([0, 199]);
    },
  );

  // A deliberate difference: Linux would wait on, for what the number meant before.
  behaviour(['poll', 'ppoll'], 'descriptor closed')(
    'but reports POLLNVAL for a descriptor that is closed or replaced meanwhile',
    async () => {
      await ways.onDesk(async (desk) => {
        const [from] = desk.pipe();
        const [replaced] = desk.pipe();
        const [other, to] = desk.pipe();
        const polled = [other, from, replaced].map((fd) => ({ fd, events: POLLIN }));
        const first = poll(ways.green, polled, -1);
        await stillWaits(first);
        await ways.green('close', from);
        desk.forget(from);
        expect(await first).toEqual({ result: 1, errno: 0, revents: [0, POLLNVAL, 0] });
        const second = poll(ways.green, [polled[2]!], -1);
        await stillWaits(second);
        await ways.green('dup2', other, replaced);
        expect(await second).toEqual({ result: 1, errno: 0, revents: [POLLNVAL] });
        write(to, bytes('x'));
        expect(await poll(ways.green, [polled[2]!], -1)).toMatchObject({ revents: [POLLIN] });
      });
    },
  );
});

describe('ppoll', () => {
  it('refuses the same times', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from] = desk.pipe();
      const polled = [{ fd: from, events: POLLIN }];
      return [
        await call('ppoll', polled, [0, -1], null),
        await call('ppoll', polled, [0, 1e9], null),
        await call('ppoll', polled, [-1, 0], null),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual(Array(3).fill(errno.EINVAL));
  });

  it('waits for nanoseconds too', async () => {
    await everyWay((call) => call('ppoll', [], [0, 1], null));
  });
});

describe('a poll for the answer to what the green thread has sent', () => {
  const { calls } = ways;
  const request = bytes('?');
  type Ask = (here: number, events: number, ms: number) => Promise<ways.Outcome>;

  const asking: Ask = (here, events, ms) =>
    spawn(() => {
      calls['send']!(here, request, 0);
      return calls['poll']!([{ fd: here, events }], ms);
    });
  const plainly: Ask = async (here, events, ms) => {
    await ways.plain('send', here, request, 0);
    return ways.plain('poll', [{ fd: here, events }], ms);
  };

  async function order(desk: ways.Desk, beforePoll: (here: number) => void): Promise<string[]> {
    const [here, there] = desk.socketpair();
    write(there, bytes('!'));
    const steps: string[] = [];
    const polling = spawn(() => {
      beforePoll(here);
      calls['poll']!([{ fd: here, events: POLLIN }], -1);
      steps.push('polled');
    });
    steps.push('others');
    await polling;
    return steps;
  }

  it('lets others go first, also where it is there already', async () => {
    await ways.onDesk(async (desk) => {
      const send = (here: number): unknown => calls['send']!(here, request, 0);
      const [elsewhere] = desk.socketpair();
      expect(await order(desk, send)).toEqual(['others', 'polled']);
      expect(await order(desk, () => send(elsewhere))).toEqual(['polled', 'others']);
      expect(
        await order(desk, (here) => {
          send(here);
          calls['poll']!([{ fd: here, events: POLLIN }], 0);
        }),
      ).toEqual(['polled', 'others']);
    });
  });

  it.each([
    [
      'there is one',
      (_desk: ways.Desk, there: number): unknown => write(there, bytes('!')),
      POLLIN,
    ],
    [
      'the other end is gone',
      (desk: ways.Desk, there: number): unknown => desk.close(there),
      POLLIN,
    ],
    ['only room was asked for', (): unknown => undefined, POLLOUT],
    ['either was asked for', (): unknown => undefined, POLLIN | POLLOUT],
    ['none comes in time', (): unknown => undefined, POLLIN],
  ])('ends as the kernel has it when %s', async (_when, arrange, events) => {
    const outcomes = await Promise.all(
      [plainly, asking].map((ask) =>
        ways.onDesk(async (desk) => {
          const [here, there] = desk.socketpair();
          arrange(desk, there);
          return ask(here, events, 40);
        }),
      ),
    );
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  it('sees that the descriptor is closed, or another one, by then', async () => {
    await ways.onDesk(async (desk) => {
      const [here] = desk.socketpair();
      const gone = spawn(() => {
        calls['send']!(here, request, 0);
        desk.close(here);
        return calls['poll']!([{ fd: here, events: POLLIN }], -1);
      });
      expect(await gone).toEqual({ result: 1, errno: 0, revents: [POLLNVAL] });
      const [replaced] = desk.socketpair();
      const file = desk.keep(openSync('/proc/self/exe', 'r'));
      const other = spawn(() => {
        calls['send']!(replaced, request, 0);
        calls['dup2']!(file, replaced);
        return calls['poll']!([{ fd: replaced, events: POLLIN }], -1);
      });
      expect(await other).toEqual({ result: 1, errno: 0, revents: [POLLIN] });
    });
  });
});

describe('a poll in a green thread', () => {
  it('goes on when a signal interrupts the loop thread', async () => {
    await ways.onDesk(async (desk) => {
      const [from, to] = desk.pipe();
      const pending = ways.green('poll', [{ fd: from, events: POLLIN }], -1);
      descriptors.interrupt(SIGUSR2, 5);
      await stillWaits(pending);
      await new Promise((resolve) => setTimeout(resolve, 20));
      write(to, bytes('x'));
      expect(await pending).toEqual({ result: 1, errno: 0, revents: [POLLIN] });
    });
  });
});
