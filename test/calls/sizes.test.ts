import { closeSync, openSync, writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { behaviour } from './behaviour';
import { time, vectors } from './structures';
import * as ways from './ways';
import { bytes, descriptors, errno, everyWay, green, stillWaits, type Desk } from './ways';

const noFd = 99_999;
const failed = (error: number) => ({ result: -1, errno: error });

function newFile(contents = '0123456789'): string {
  const path = ways.newPath();
  writeFileSync(path, contents);
  return path;
}
const opened = (desk: Desk, path = newFile()): number => desk.keep(openSync(path, 'r+'));
const terminal = (desk: Desk): number =>
  descriptors.terminal().map((fd: number) => desk.keep(fd))[1];

/** struct termios: 9600 baud, eight bits. */
function settings(): Buffer {
  const buffer = Buffer.alloc(60);
  buffer.writeUInt32LE(0o60 | 0o15, 8);
  return buffer;
}

/** Arguments with which they do something, and with which they fail. */
const samples: Record<string, { right: (desk: Desk) => unknown[]; wrong: unknown[] }> = {
  truncate: { right: () => [newFile(), 5], wrong: ['/nowhere', 5] },
  ftruncate: { right: (desk) => [opened(desk), 5], wrong: [noFd, 5] },
  fallocate: { right: (desk) => [opened(desk), 0, 0, 100], wrong: [noFd, 0, 0, 100] },
  posix_fallocate: { right: (desk) => [opened(desk), 0, 100], wrong: [noFd, 0, 100] },
  posix_fadvise: { right: (desk) => [opened(desk), 0, 10, 3], wrong: [noFd, 0, 10, 3] },
  readahead: { right: (desk) => [opened(desk), 0, 10], wrong: [noFd, 0, 10] },
  sync_file_range: { right: (desk) => [opened(desk), 0, 10, 7], wrong: [noFd, 0, 10, 7] },
  copy_file_range: {
    right: (desk) => [opened(desk), null, opened(desk), null, 5, 0],
    wrong: [noFd, null, noFd, null, 5, 0],
  },
  // In memory: of everybody's disk it would be a long wait.
  syncfs: { right: (desk) => [desk.keep(openSync('/dev/shm', 'r'))], wrong: [noFd] },
  tcdrain: { right: (desk) => [terminal(desk)], wrong: [noFd] },
  tcsendbreak: { right: (desk) => [terminal(desk), 0], wrong: [noFd, 0] },
  tcflow: { right: (desk) => [terminal(desk), 1], wrong: [noFd, 1] },
  tcsetattr: { right: (desk) => [terminal(desk), 1, settings()], wrong: [noFd, 1, settings()] },
  mount: { right: () => ['a', '/nowhere', 'b', 0, null], wrong: ['a', '/nowhere', 'b', 0, null] },
  umount: { right: () => ['/nowhere'], wrong: ['/nowhere'] },
  umount2: { right: () => ['/nowhere', 0], wrong: ['/nowhere', 0] },
  swapon: { right: () => ['/nowhere', 0], wrong: ['/nowhere', 0] },
  swapoff: { right: () => ['/nowhere'], wrong: ['/nowhere'] },
};

const whole = [
  ...['truncate', 'ftruncate', 'fallocate', 'posix_fallocate', 'posix_fadvise', 'readahead'],
  ...['sync_file_range', 'copy_file_range', 'syncfs', 'tcdrain', 'tcsendbreak', 'tcflow'],
  ...['tcsetattr', 'mount', 'umount', 'umount2', 'swapon', 'swapoff'],
] as const;

behaviour(whole, ['elsewhere', 'error']).each(whole)(
  '%s comes to the same on another kernel thread',
  async (name) => {
    const { right, wrong } = samples[name]!;
    const outcomes = await everyWay(async (call, desk) => [
      await call(name, ...right(desk)),
      await call(name, ...wrong),
    ]);
    expect(outcomes[1]!.result, 'an error number, or -1').not.toBe(0);
    const moved = await ways.onDesk((desk) => ways.offloads(() => green(name, ...right(desk))));
    expect(moved).toBe(1);
  },
);

behaviour('sync', 'elsewhere')('sync is made on another kernel thread', async () => {
  expect(await ways.offloads(() => green('sync'))).toBe(1);
});

behaviour('tcsetattr', 'TCSANOW')('tcsetattr waits for no output with TCSANOW', async () => {
  const moved = await ways.onDesk((desk) =>
    ways.offloads(() => green('tcsetattr', terminal(desk), 0, settings())),
  );
  expect(moved).toBe(0);
});

behaviour('msync', ['elsewhere', 'error', 'MS_ASYNC'])(
  'msync waits only with MS_SYNC',
  async () => {
    const [MS_ASYNC, MS_SYNC] = [1, 4];
    const [PROT_READ_WRITE, MAP_SHARED] = [3, 1];
    const file = openSync(newFile('x'.repeat(4096)), 'r+');
    const address = ways.originalCalls['mmap']!(0, 4096, PROT_READ_WRITE, MAP_SHARED, file, 0);
    closeSync(file);
    const mapped = address.result;
    const outcomes = await everyWay(async (call) => [
      await call('msync', mapped, 4096, MS_SYNC),
      await call('msync', mapped + 1, 4096, MS_SYNC),
      await call('msync', mapped, 4096, MS_ASYNC),
    ]);
    expect(outcomes.map((outcome) => outcome.errno)).toEqual([0, errno.EINVAL, 0]);
    expect(await ways.offloads(() => green('msync', mapped, 4096, MS_SYNC))).toBe(1);
    expect(await ways.offloads(() => green('msync', mapped, 4096, MS_ASYNC))).toBe(0);
  },
);

describe('from pipe to pipe', () => {
  const SPLICE_F_NONBLOCK = 2;
  const PIPE_SIZE = 65_536;
  const write = ways.originalCalls['write']!;
  /** Bytes of which no more fit into a pipe. */
  const full = (desk: Desk): [number, number] => {
    const [from, to] = desk.pipe();
    write(to, Buffer.alloc(PIPE_SIZE));
    return [from, to];
  };

  behaviour('tee', ['data', 'room', 'SPLICE_F_NONBLOCK'])('tee', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      const [copied, copy] = desk.pipe();
      const refused = await call('tee', from, copy, 100, SPLICE_F_NONBLOCK);
      const pending = call('tee', from, copy, 100, 0);
      await stillWaits(pending);
      write(to, bytes('data'));
      const first = [await pending, (await call('read', copied, 10)).data?.toString()];
      const [drain, into] = full(desk);
      const room = call('tee', from, into, 100, 0);
      await stillWaits(room);
      await ways.drain(drain, PIPE_SIZE);
      return [refused, ...first, await room];
    });
    const four = { result: 4, errno: 0 };
    expect(outcomes).toEqual([failed(errno.EAGAIN), four, 'data', four]);
  });

  behaviour('vmsplice', ['room', 'SPLICE_F_NONBLOCK'])('vmsplice', async () => {
    const outcomes = await everyWay(async (call, desk) => {
      const [from, to] = full(desk);
      const list = vectors(bytes('given'));
      const refused = await call('vmsplice', to, list, 1, SPLICE_F_NONBLOCK);
      const pending = call('vmsplice', to, list, 1, 0);
      await stillWaits(pending);
      await ways.drain(from, PIPE_SIZE);
      return [refused, await pending, (await call('read', from, 10)).data?.toString()];
    });
    expect(outcomes).toEqual([failed(errno.EAGAIN), { result: 5, errno: 0 }, 'given']);
  });
});

const eventfds = ['eventfd_read', 'eventfd_write'] as const;
behaviour(eventfds, ['eventfd', 'O_NONBLOCK'])('eventfd_read and eventfd_write', async () => {
  const outcomes = await everyWay(async (call, desk) => {
    const fd = desk.keep(descriptors.eventfd());
    const value = Buffer.alloc(8);
    const read = call('eventfd_read', fd, value);
    await stillWaits(read);
    const written = await call('eventfd_write', fd, 7);
    const first = [await read, written, value.readBigUInt64LE()];
    write64(fd, 2n ** 64n - 2n);
    const more = call('eventfd_write', fd, 5);
    await stillWaits(more);
    await ways.plain('eventfd_read', fd, value);
    first.push(await more, value.readBigUInt64LE());
    descriptors.setNonblocking(fd, true);
    await call('eventfd_read', fd, value);
    const refused = await call('eventfd_read', fd, value);
    write64(fd, 2n ** 64n - 2n);
    return [...first, refused, await call('eventfd_write', fd, 1)];
  });
  const done = { result: 0, errno: 0 };
  const again = failed(errno.EAGAIN);
  expect(outcomes).toEqual([done, done, 7n, done, 2n ** 64n - 2n, again, again]);
});

function write64(fd: number, value: bigint): void {
  ways.originalCalls['write']!(fd, Buffer.from(BigUint64Array.of(value).buffer));
}

describe('ioctl', () => {
  const [TCSBRK, TIOCMIWAIT, FICLONE, FIONREAD, TIOCGWINSZ] = [
    ...[0x5409, 0x545c, 0x4004_9409, 0x541b, 0x5413],
  ] as [number, number, number, number, number];

  behaviour('ioctl', 'waiting requests')('that waits is made elsewhere', async () => {
    for (const request of [TCSBRK, TIOCMIWAIT, FICLONE]) {
      await everyWay((call, desk) => call('ioctl', terminal(desk), request, 1));
      const moved = await ways.onDesk((desk) =>
        ways.offloads(() => green('ioctl', terminal(desk), request, 1)),
      );
      expect(moved, request.toString(16)).toBe(1);
    }
  });

  behaviour('ioctl', 'other requests')('that does not goes straight through', async () => {
    const found = await everyWay(async (call, desk) => {
      const [from, to] = desk.pipe();
      ways.originalCalls['write']!(to, bytes('three'));
      const size = Buffer.alloc(4);
      return [await call('ioctl', from, FIONREAD, size), size.readInt32LE()];
    });
    expect(found).toEqual([{ result: 0, errno: 0 }, 5]);
    const moved = await ways.onDesk((desk) =>
      ways.offloads(() => green('ioctl', terminal(desk), TIOCGWINSZ, time(0))),
    );
    expect(moved).toBe(0);
  });
});
