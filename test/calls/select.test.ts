import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import { descriptorSet, members, signalSet, time, timespec, timeval } from './structures';
import * as ways from './ways';
import { bytes, constants, errno, everyWay, stillWaits, waitsFor, type Call } from './ways';

const SIGUSR2 = 12;
const { MSG_OOB } = constants;
const write = ways.originalCalls['write']!;
const selectors = ['select', 'pselect'] as const;

interface Sets {
  read?: number[];
  write?: number[];
  except?: number[];
  /** How many bits the sets have, and are asked about. */
  size?: number;
}

interface Selected {
  result: number;
  errno: number;
  read: boolean[];
  write: boolean[];
  except: boolean[];
  /** What the timeout says afterwards: whether some is left, and less than there was. */
  left: 'none' | 'some' | 'all' | 'nothing asked';
}

/** Calls with sets for what is named, NULL for the others; no time: without end. */
async function select(
  call: Call,
  name: string,
  sets: Sets,
  ms?: number,
  signals: Buffer | null = null,
): Promise<Selected> {
  const size = sets.size ?? 1024;
  const asked = [sets.read, sets.write, sets.except];
  const given = asked.map((fds) => fds && descriptorSet(fds, size));
  const timeout = ms === undefined ? null : name === 'select' ? timeval(ms) : timespec(ms);
  const before = timeout?.toString('hex');
  const outcome = await call(name, size, ...given, timeout, signals);
  const [read, written, except] = given.map((set, i) => (set ? members(set, asked[i]!) : []));
  const left = (): Selected['left'] => {
    if (timeout === null) return 'nothing asked';
    if (timeout.every((byte) => byte === 0)) return 'none';
    return timeout.toString('hex') === before ? 'all' : 'some';
  };
  const { result, errno: error } = outcome;
  return { result, errno: error, read: read!, write: written!, except: except!, left: left() };
}

const big = ways.pattern(6_000_000);

behaviour(selectors, 'timeout in seconds')('wait for whole seconds', async () => {
  await everyWay(async (call, desk) => {
    const [from] = desk.pipe();
    const both = () =>
      Promise.all(selectors.map((name) => select(call, name, { read: [from] }, 1000)));
    return waitsFor(1000, both);
  });
});

describe.each(selectors)('%s waits as the kernel does', (name) => {
  behaviour(selectors, ['ready', 'no timeout', 'NULL sets'])(
    'without end, for the first of several',
    async () => {
      const outcome = await everyWay(async (call, desk) => {
        const pipes = Array.from({ length: 3 }, () => desk.pipe());
        const pending = select(call, name, { read: pipes.map(([from]) => from) });
        await stillWaits(pending);
        write(pipes[1]![1], bytes('x'));
        return pending;
      });
      expect(outcome).toMatchObject({ result: 1, errno: 0, read: [false, true, false] });
    },
  );

  it('for room to write and for urgent data', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [here, there] = desk.tcp();
      await call('send', here, big, constants.MSG_DONTWAIT);
      const sets = { read: [here], write: [here], except: [here] };
      const pending = select(call, name, sets);
      await stillWaits(pending);
      ways.originalCalls['send']!(there, bytes('!'), MSG_OOB);
      const urgent = await pending;
      return [urgent, await select(call, name, { write: [there], except: [] })];
    });
    expect(outcomes[0]).toMatchObject({ result: 1, write: [false], except: [true] });
    expect(outcomes[1]).toMatchObject({ result: 1, write: [true] });
  });

  behaviour(selectors, ['timeout', 'timeout 0', 'time left'])('for a time', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      let late!: Selected;
      await waitsFor(40, async () => (late = await select(call, name, { read: [from] }, 40)));
      const pending = select(call, name, { read: [from] }, 60_000);
      await stillWaits(pending);
      write(to, bytes('x'));
      const early = await pending;
      const empty = await select(call, name, { write: [from] }, 0);
      return [late, early, empty, await select(call, name, {}, 0)];
    });
    const [late, early, empty, nothing] = outcomes;
    expect(late).toMatchObject({ result: 0, errno: 0, read: [false] });
    expect(early).toMatchObject({ result: 1, errno: 0, read: [true] });
    expect([late?.left, early?.left]).toEqual(
      name === 'select' ? ['none', 'some'] : ['all', 'all'],
    );
    expect([empty?.result, nothing?.result]).toEqual([0, 0]);
  });

  behaviour(selectors, 'descriptor not open')('not at all for what is not open', async () => {
    // Above what others open meanwhile, and within the process's table of descriptors.
    const gone = await ways.above(230, 0);
    closeSync(gone);
    const outcomes = await everyWay(async (call, desk) => {
      const [from] = desk.pipe();
      return [
        await select(call, name, { read: [from, gone] }),
        await select(call, name, { read: [from], write: [gone] }, 10_000),
        await call(name, -1, null, null, null, time(10), null),
        await call(name, 0, null, null, null, time(-1), null),
      ];
    });
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([
      ...[errno.EBADF, errno.EBADF, errno.EINVAL, errno.EINVAL],
    ]);
    expect(outcomes[0]).toMatchObject({ read: [true, true] }); // as they were
  });

  behaviour(selectors, 'hang-up')('for hang-ups, which are readable', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const readable = select(call, name, { read: [from] });
      const exceptional = select(call, name, { except: [from] }, 60);
      await stillWaits(readable);
      desk.close(to);
      const [reader, writer] = desk.pipe();
      desk.close(reader);
      return [await readable, await exceptional, await select(call, name, { write: [writer] })];
    });
    expect(outcomes.map(({ result }) => result)).toEqual([1, 0, 1]);
  });

  behaviour(selectors, 'many descriptors')('for more than the hub watches', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const pipes = Array.from({ length: 80 }, () => desk.pipe());
      const read = pipes.map(([from]) => from);
      const late = await select(call, name, { read }, 30);
      const pending = select(call, name, { read });
      await stillWaits(pending);
      write(pipes[79]![1], bytes('x'));
      return [late.result, (await pending).read.indexOf(true)];
    });
    expect(outcomes).toEqual([0, 79]);
  });

  // select(2), BUGS: the kernel has no fixed limit, and reads as many bits as it is told.
  behaviour(selectors, 'beyond FD_SETSIZE')('for descriptors beyond FD_SETSIZE', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const high = desk.keep(await ways.above(1100, from));
      const pending = select(call, name, { read: [high], size: 4096 });
      await stillWaits(pending);
      write(to, bytes('x'));
      return pending;
    });
    expect(outcomes).toMatchObject({ result: 1, read: [true] });
  });

  // fs/select.c in Linux looks only at as many as the process's table has room for.
  it('beside numbers that no descriptor of the process can have', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const pending = select(call, name, { read: [from, 2_000_000], size: 2_000_064 });
      await stillWaits(pending);
      write(to, bytes('x'));
      return pending;
    });
    expect(outcome).toMatchObject({ result: 1, read: [true, true] });
  });

  it('beside a regular file, which is always ready', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const file = desk.keep(openSync('/proc/self/exe', 'r'));
      const [from] = desk.pipe();
      return select(call, name, { read: [file, from], except: [file] });
    });
    expect(outcomes).toMatchObject({ result: 1, read: [true, false], except: [false] });
  });

  // A deliberate difference: Linux would wait on.
  behaviour(selectors, 'descriptor closed')('but ends with EBADF when one is closed', async () => {
    await ways.onDesk(async (desk) => {
      const [from] = desk.pipe();
      const [other] = desk.pipe();
      const pending = select(ways.green, name, { read: [from, other] });
      await stillWaits(pending);
      await ways.green('close', from);
      desk.forget(from);
      expect(await pending).toMatchObject({
        result: -1,
        errno: errno.EBADF,
        read: [true, true],
      });
    });
  });
});

it('pselect with a signal mask that lets nothing new through waits as without', async () => {
  const outcome = await everyWay(async (call, desk) => {
    const [from, to] = desk.pipe();
    const pending = select(call, 'pselect', { read: [from] }, undefined, signalSet(SIGUSR2));
    await stillWaits(pending);
    write(to, bytes('x'));
    return pending;
  });
  expect(outcome).toMatchObject({ result: 1, errno: 0, left: 'nothing asked' });
});
