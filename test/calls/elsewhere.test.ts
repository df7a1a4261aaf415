import { readFileSync, writeFileSync } from 'node:fs';
import { monkeyPatch } from 'greenify';
import { describe, expect, it } from 'vitest';
import { native } from '../../dist/native.js';
import { fixturePath } from '../support/fixtures';
import {
  files,
  lookups,
  requests,
  standard,
  streams,
  toldOf,
  withoutAddress,
  withoutEnd,
} from './endings';
import * as ways from './ways';
import { bytes, constants, errno, type Call, type Desk, type Outcome } from './ways';

const { CLOCK_MONOTONIC, MSG_DONTWAIT, POLLIN, POLLOUT, SHUT_WR } = constants;
const write = ways.originalCalls['write']!;

type Scenario = (call: Call, desk: Desk) => Promise<Outcome[]>;

/** Something to read on a new socket. */
function filled(desk: Desk, text = 'some data'): number {
  const [here, there] = desk.socketpair();
  write(there, bytes(text));
  return here;
}

/** For every redirected function: what it does when there is nothing to wait for, and an error. */
const scenarios: Record<string, Scenario> = {
  read: async (call, desk) => [
    await call('read', filled(desk), 4),
    await call('read', desk.pipe(constants.O_NONBLOCK)[0], 4),
  ],
  readv: async (call, desk) => [
    await call('readv', filled(desk), [2, 5]),
    await call('readv', -1, [2]),
  ],
  write: async (call, desk) => [
    await call('write', desk.pipe()[1], bytes('abc')),
    await call('write', desk.pipe(constants.O_NONBLOCK)[1], ways.pattern(100_000)),
  ],
  writev: async (call, desk) => [
    await call('writev', desk.pipe()[1], [bytes('abc'), bytes('de')]),
    await call('writev', -1, [bytes('abc')]),
  ],
  recv: async (call, desk) => [
    await call('recv', filled(desk), 4, 0),
    await call('recv', desk.socketpair()[0], 4, MSG_DONTWAIT),
  ],
  recvfrom: async (call, desk) => [
    await call('recvfrom', filled(desk), 4, 0),
    await call('recvfrom', desk.pipe()[0], 4, 0),
  ],
  send: async (call, desk) => [
    await call('send', desk.socketpair()[0], bytes('abc'), 0),
    await call('send', desk.socketpair()[0], ways.pattern(1_000_000), MSG_DONTWAIT),
  ],
  sendto: async (call, desk) => [
    await call('sendto', desk.udp().fd, bytes('abc'), 0, desk.udp().address),
    await call('sendto', desk.udp().fd, bytes('abc'), 0, null),
  ],
  connect: async (call, desk) => [
    await call(
      'connect',
      desk.socket(constants.AF_INET, constants.SOCK_STREAM),
      desk.listener().address,
    ),
    await call('connect', desk.pipe()[0], desk.listener().address),
  ],
  shutdown: async (call, desk) => {
    const [here, there] = desk.socketpair();
    return [await call('shutdown', here, SHUT_WR), await call('read', there, 1)];
  },
  close: async (call, desk) => {
    const [from] = desk.pipe();
    desk.forget(from);
    return [await call('close', from), await call('close', -1)];
  },
  dup: async (call, desk) => {
    const { result, errno: error } = await call('dup', filled(desk));
    return [await call('read', desk.keep(result), 4), { result: 0, errno: error }];
  },
  dup2: async (call, desk) => {
    const [target] = desk.pipe();
    const { result } = await call('dup2', filled(desk), target);
    return [await call('read', target, 4), { result: result - target, errno: 0 }];
  },
  dup3: async (call, desk) => {
    const [target] = desk.pipe();
    const { result } = await call('dup3', filled(desk), target, 0);
    const same = await call('dup3', target, target, 0);
    return [await call('read', target, 4), { result: result - target, errno: 0 }, same];
  },
  poll: async (call, desk) => [
    await call('poll', [{ fd: filled(desk), events: POLLIN | POLLOUT }], -1),
    await call('poll', [{ fd: 99_999, events: POLLIN }], -1),
    await call('poll', [], 5),
  ],
  ppoll: async (call, desk) => [
    await call('ppoll', [{ fd: filled(desk), events: POLLIN | POLLOUT }], null, []),
    await call('ppoll', [], [0, 5e6], null),
    await call('ppoll', [], [0, -1], null),
  ],
  sleep: async (call) => [await call('sleep', 0)],
  usleep: async (call) => [await call('usleep', 2000)],
  nanosleep: async (call) => [await call('nanosleep', [0, 2e6]), await call('nanosleep', [0, -1])],
  clock_nanosleep: async (call) => [
    await call('clock_nanosleep', CLOCK_MONOTONIC, 0, [0, 2e6]),
    await call('clock_nanosleep', 99, 0, [0, 2e6]),
  ],
};

/** For those that take words: arguments with which they come to an end at once. */
const noFd = 99_999;
const buffer = (size: number): Buffer => Buffer.alloc(size);
const inRoom = [buffer(64), buffer(2048), 2048, buffer(8), buffer(4)];
const words: Record<string, unknown[]> = {
  ...Object.fromEntries(
    ['accept', 'accept4', 'recvmmsg', 'sendmmsg', 'fsync', 'fdatasync', 'flock', 'splice'].map(
      (name) => [name, [noFd]],
    ),
  ),
  ...Object.fromEntries(
    ['sendfile', 'pread', 'pwrite', 'preadv', 'pwritev', 'preadv2', 'pwritev2'].map((name) => [
      name,
      [noFd, null, null, null],
    ]),
  ),
  select: [-1],
  pselect: [-1],
  epoll_wait: [noFd, buffer(16), 1, 0],
  epoll_pwait: [noFd, buffer(16), 1, 0, null],
  epoll_pwait2: [noFd, buffer(16), 1, null, null],
  open: ['/nowhere', 0],
  openat: [noFd, 'nowhere', 0],
  creat: ['/nowhere/at/all', 0],
  fcntl: [noFd, 1],
  lockf: [noFd, 1, 0],
  wait: [null],
  wait3: [null, 0, null],
  wait4: [-1, null, 0, null],
  waitpid: [-1, null, 0],
  waitid: [0, 0, null, 4],
  thrd_sleep: [Buffer.from(BigInt64Array.of(0n, -1n).buffer), null],
  getaddrinfo: [null, null, null, buffer(8)],
  getnameinfo: [buffer(16), 16, buffer(64), 64, null, 0, 0],
  gethostbyname: ['256.256.256.256'],
  gethostbyname2: ['256.256.256.256', 2],
  gethostbyaddr: [buffer(4), 4, 1],
  gethostbyname_r: ['256.256.256.256', ...inRoom],
  gethostbyname2_r: ['256.256.256.256', 2, ...inRoom],
  gethostbyaddr_r: [buffer(4), 4, 1, ...inRoom],
  getpwnam: ['root'],
  getpwuid: [0],
  getpwnam_r: ['root', ...inRoom],
  getpwuid_r: [0, ...inRoom],
  getpwent_r: [...inRoom],
  getgrnam: ['root'],
  getgrgid: [0],
  getgrnam_r: ['root', ...inRoom],
  getgrgid_r: [0, ...inRoom],
  getgrent_r: [...inRoom],
  getgrouplist: ['root', 0, buffer(400), Buffer.from([100, 0, 0, 0])],
  getservbyname: ['http', 'tcp'],
  getservbyport: [80 << 8, 'tcp'],
  getservbyname_r: ['http', 'tcp', ...inRoom],
  getservbyport_r: [80 << 8, 'tcp', ...inRoom],
  getservent_r: [...inRoom],
  getpwent: [],
  getgrent: [],
  getservent: [],
  getprotoent_r: [...inRoom],
  getrpcent_r: [...inRoom],
  getspent_r: [...inRoom],
  getprotoent: [],
  getrpcent: [],
  getspent: [],
  getnetbyname: ['loopback'],
  getnetbyaddr: [0x7f00_0000, 2],
  getprotobyname: ['tcp'],
  getprotobynumber: [6],
  getrpcbyname: ['portmapper'],
  getrpcbynumber: [100_000],
  getspnam: ['root'],
  getnetbyname_r: ['loopback', ...inRoom],
  getnetbyaddr_r: [0x7f00_0000, 2, ...inRoom],
  getprotobyname_r: ['tcp', ...inRoom],
  getprotobynumber_r: [6, ...inRoom],
  getrpcbyname_r: ['portmapper', ...inRoom],
  getrpcbynumber_r: [100_000, ...inRoom],
  getspnam_r: ['root', ...inRoom],
  ...files,
  ...requests,
};

for (const [name, args] of Object.entries(words)) {
  scenarios[name] = async (call) => [withoutAddress(await call(name, ...args))];
}
for (const [name, args] of Object.entries(lookups)) {
  scenarios[name] = async (call) => {
    const outcome = await call(name, ...args);
    return [{ ...outcome, ...toldOf(name, outcome) }];
  };
}
for (const database of ['host', 'net'] as const) {
  scenarios[`get${database}ent`] = async (call) => {
    await call(`set${database}ent`, 0);
    return [withoutAddress(await call(`get${database}ent`))];
  };
  scenarios[`get${database}ent_r`] = async (call) => {
    await call(`set${database}ent`, 0);
    return [await call(`get${database}ent_r`, ...inRoom)];
  };
}
for (const [name, args] of Object.entries(streams)) {
  scenarios[name] = async (call) => {
    const path = ways.newPath();
    writeFileSync(path, 'some text');
    const stream = (await call('fopen', path, 'r+')).result;
    const outcome = toldOf(name, await call(name, ...args(stream)));
    const closed = name === 'fclose' ? outcome : await call('fclose', stream);
    return [outcome, closed, { result: readFileSync(path).length, errno: 0 }];
  };
}
/** Those that need a stream of what is in a directory, or a command. */
scenarios['readdir'] = async (call) => {
  const stream = (await call('opendir', '/proc/self/task')).result;
  const found = [withoutAddress(await call('readdir', stream))];
  return [
    ...found,
    await call('readdir_r', stream, buffer(512), buffer(8)),
    await call('closedir', stream),
  ];
};
scenarios['readdir_r'] = scenarios['readdir'];
scenarios['popen'] = async (call) => {
  const stream = (await call('popen', 'exit 3', 'r')).result;
  return [await call('pclose', stream)];
};
scenarios['pclose'] = scenarios['popen'];
for (const send of ['recvmsg', 'sendmsg'] as const) {
  scenarios[send] = async (call, desk) => [
    await call(send, filled(desk), send === 'recvmsg' ? 4 : bytes('abc'), 0, null),
    await call(send, noFd, send === 'recvmsg' ? 4 : bytes('abc'), 0, null),
  ];
}

type Addon = typeof ways.calls;

/** Who calls, when it is not a green thread. */
const places: Record<string, (addon: Addon) => Call> = {
  'on the loop stack':
    (addon) =>
    async (name, ...args) =>
      Promise.resolve(addon[name]!(...args)),
  'on a libuv pool thread':
    ({ pool }) =>
    (name, ...args) =>
      pool[name]!(...args),
  'on a kernel thread of the addon':
    ({ thread }) =>
    (name, ...args) =>
      thread[name]!(...args),
};

describe.each(Object.keys(places))('%s', (place) => {
  const inPlace = places[place]!;

  it.each(Object.keys(scenarios))('%s does what the original does', async (name) => {
    const play = scenarios[name]!;
    const waits = native.counters()?.waits;
    const expected = await ways.onDesk((desk) => play(inPlace(ways.originalCalls), desk));
    expect(await ways.onDesk((desk) => play(inPlace(ways.calls), desk))).toEqual(expected);
    expect(await ways.onDesk((desk) => play(inPlace(ways.fortifiedCalls), desk))).toEqual(expected);
    expect(native.counters()?.waits, 'waits on the hub').toBe(waits);
  });
});

describe('outside green threads a call that has to wait', () => {
  it('stops the loop when it is made there', () => {
    let fired = false;
    const timer = setTimeout(() => (fired = true), 1);
    const start = performance.now();
    expect(ways.calls['usleep']!(30_000)).toEqual({ result: 0, errno: 0 });
    expect(ways.calls['poll']!([], 30)).toMatchObject({ result: 0, errno: 0 });
    expect(performance.now() - start).toBeGreaterThan(59);
    expect(fired).toBe(false);
    clearTimeout(timer);
  });

  it.each(['pool', 'thread'] as const)(
    'really waits on another kernel thread: %s',
    async (kind) => {
      await ways.onDesk(async (desk) => {
        const there = ways.calls[kind];
        const [from, to] = desk.pipe();
        const [here, peer] = desk.socketpair();
        const pending = [
          there['read']!(from, 10),
          there['recv']!(here, 3, constants.MSG_WAITALL),
          there['poll']!([{ fd: here, events: constants.POLLPRI | constants.POLLRDHUP }], -1),
        ];
        await ways.stillWaits(Promise.race(pending));
        write(to, bytes('piped'));
        write(peer, bytes('sent'));
        ways.originalCalls['shutdown']!(peer, SHUT_WR);
        const [read, received, polled] = await Promise.all(pending);
        expect(read?.data?.toString()).toBe('piped');
        expect(received?.data?.toString()).toBe('sen');
        expect(polled?.revents).toEqual([constants.POLLRDHUP]);
      });
    },
  );

  it('is interrupted by signals as ever', () => {
    ways.descriptors.interrupt(12, 20);
    const slept = ways.calls['nanosleep']!([10, 0]);
    expect(slept).toMatchObject({
      result: -1,
      errno: errno.EINTR,
      remaining: [9, expect.any(Number)],
    });
    ways.descriptors.interrupt(12, 20);
    expect(ways.calls['poll']!([], 10_000)).toMatchObject({ result: -1, errno: errno.EINTR });
  });
});

it('leaves none of the redirected functions out that the fixture imports', () => {
  // __read_chk and pread64 are read and pread; feature_test_macros(7).
  const plainName = (name: string): string =>
    name
      .replace(/^__(isoc\d+|res)_/, (_, kind) => (kind === 'res' ? 'res_' : ''))
      .replace(/^__(\w+?)(64)?_(chk|2)$/, '$1')
      .replace(/64v2$/, '2')
      .replace(/64(_r)?$/, '$1');
  const object = monkeyPatch().objects.find(({ path }) => path === fixturePath('calls'));
  const waiting =
    object?.functions.filter(({ family }) => family !== '' && family !== 'lock') ?? [];
  const names = waiting.map(({ name }) => plainName(name));
  const exempt = [...withoutEnd, ...standard];
  const left = names.filter((name) => !(name in scenarios) && !exempt.includes(name));
  expect(left).toEqual([]);
  expect(names.length).toBeGreaterThan(200);
});
