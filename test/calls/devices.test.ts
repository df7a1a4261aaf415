import { writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { behaviour } from './behaviour';
import * as ways from './ways';
import { bytes, constants, descriptors, errno, everyWay, stillWaits } from './ways';
import type { Call, Desk, Outcome } from './ways';

const SIGUSR2 = 12;
const write = ways.originalCalls['write']!;
const readers = ['read', 'readv'] as const;
const writers = ['write', 'writev'] as const;
const sized: Record<string, (amount: unknown) => unknown> = {
  read: (size) => size,
  readv: (size) => [size],
  write: (data) => data,
  writev: (data) => [data],
};

const uint64 = (value: bigint): Buffer => Buffer.from(BigUint64Array.of(value).buffer);
const counted = (outcome: Outcome): bigint | undefined => outcome.data?.readBigUInt64LE();

describe.each(readers)('%s', (name) => {
  const read = (call: Call, fd: number, size: number): Promise<Outcome> =>
    call(name, fd, sized[name]!(size));

  behaviour(readers, 'eventfd')('waits for the count of an eventfd', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const fd = desk.keep(descriptors.eventfd());
      const pending = read(call, fd, 8);
      await stillWaits(pending);
      write(fd, uint64(7n));
      const semaphore = desk.keep(descriptors.eventfd(2, constants.EFD_SEMAPHORE));
      const taken = [await read(call, semaphore, 8), await read(call, semaphore, 8)];
      const third = read(call, semaphore, 8);
      await stillWaits(third);
      write(semaphore, uint64(1n));
      const small = await read(call, fd, 4);
      return [...[await pending, ...taken, await third].map(counted), small.errno];
    });
    expect(outcomes).toEqual([7n, 1n, 1n, 1n, errno.EINVAL]);
  });

  behaviour(readers, 'timerfd')('waits for a timer', async () => {
    const outcome = await everyWay((call, desk) =>
      ways.waitsFor(30, () => read(call, desk.keep(descriptors.timerfd(32)), 8)),
    );
    expect(counted(outcome)).toBe(1n);
  });

  behaviour(readers, 'inotify')('waits for what happens to files', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const directory = ways.newPath();
      mkdirSync(directory);
      const pending = read(call, desk.keep(descriptors.inotify(directory)), 4096);
      await stillWaits(pending);
      writeFileSync(join(directory, 'made'), '');
      return (await pending).data?.subarray(16, 20).toString();
    });
    expect(outcome).toBe('made');
  });

  // signalfd(2): a thread reads what is sent to it, or to the process. Of the latter other threads
  // of Node, which block nothing, would take their share.
  behaviour(readers, 'signalfd')('waits for a signal of the loop thread', async () => {
    await ways.onDesk(async (desk: Desk) => {
      descriptors.block(SIGUSR2, true);
      const pending = read(ways.green, desk.keep(descriptors.signalfd(SIGUSR2)), 128);
      await stillWaits(pending);
      descriptors.interrupt(SIGUSR2, 0);
      expect((await pending).data?.readUInt32LE()).toBe(SIGUSR2);
      descriptors.block(SIGUSR2, false);
    });
  });

  behaviour(readers, 'terminal')('waits for lines on both sides of a terminal', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [master, slave] = descriptors.terminal().map((fd: number) => desk.keep(fd));
      const line = read(call, slave, 100);
      await stillWaits(line);
      write(master, bytes('unfinished'));
      await stillWaits(line);
      write(master, bytes(' line\nnext\n'));
      const echo = await read(call, master, 100);
      await ways.drain(master, 'unfinished line\r\nnext\r\n'.length - echo.result);
      const output = read(call, master, 100);
      await stillWaits(output);
      write(slave, bytes('answer\n'));
      const first = [(await line).data, (await output).data].map(String);
      const hangUp = read(call, master, 100);
      await read(call, slave, 100);
      await stillWaits(hangUp);
      desk.close(slave);
      return [...first, (await hangUp).errno];
    });
    expect(outcomes).toEqual(['unfinished line\n', 'answer\r\n', errno.EIO]);
  });
});

describe.each(writers)('%s', (name) => {
  const writeAll = (call: Call, fd: number, data: Buffer): Promise<Outcome> =>
    call(name, fd, sized[name]!(data));

  // eventfd(2): the count is at most 2^64 - 2.
  behaviour(writers, 'eventfd')('waits for an eventfd that is full', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const fd = desk.keep(descriptors.eventfd());
      const most = 2n ** 64n - 2n;
      const first = await writeAll(call, fd, uint64(most));
      const pending = writeAll(call, fd, uint64(5n));
      await stillWaits(pending);
      const taken = counted(await ways.plain('read', fd, 8));
      return [first.result, taken === most, await pending];
    });
    expect(outcomes).toEqual([8, true, { result: 8, errno: 0 }]);
  });

  behaviour(writers, 'terminal')('waits for room on a terminal nobody reads', async () => {
    const outcome = await everyWay(async (call, desk) => {
      const [master, slave] = descriptors.terminal().map((fd: number) => desk.keep(fd));
      const pending = writeAll(call, slave, Buffer.alloc(40_000, 'x'));
      await stillWaits(pending);
      await ways.drain(master, 40_000);
      return pending;
    });
    expect(outcome).toEqual({ result: 40_000, errno: 0 });
  });
});
