import { spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import { at, pointerAt, text } from './structures';
import * as ways from './ways';
import { calls, descriptors, errno, everyWay, type Call, type Outcome } from './ways';

const { AF_INET } = ways.constants;
const AF_UNIX = 1;
const loopback = Buffer.from([127, 0, 0, 1]);
const nobody = 'no such name';

/** What kind of entry a function gives, as text. */
const entries: Record<string, { size: number; read: (entry: Buffer) => string }> = {
  host: {
    size: 32,
    read: (entry) => {
      const [family, length] = [entry.readInt32LE(16), entry.readInt32LE(20)];
      const first = pointerAt(at(pointerAt(entry, 24), 8), 0);
      return `${text(pointerAt(entry, 0))} ${family} ${[...at(first, length)].join('.')}`;
    },
  },
  passwd: {
    size: 48,
    read: (entry) => `${text(pointerAt(entry, 0))} ${entry.readInt32LE(16)}`,
  },
  group: { size: 32, read: (entry) => `${text(pointerAt(entry, 0))} ${entry.readInt32LE(16)}` },
  service: {
    size: 32,
    read: (entry) => `${text(pointerAt(entry, 0))} ${entry.readUInt16BE(16)}`,
  },
  network: {
    size: 24,
    read: (entry) => `${text(pointerAt(entry, 0))} ${entry.readUInt32LE(20).toString(16)}`,
  },
  protocol: { size: 24, read: (entry) => `${text(pointerAt(entry, 0))} ${entry.readInt32LE(16)}` },
  rpc: { size: 24, read: (entry) => `${text(pointerAt(entry, 0))} ${entry.readInt32LE(16)}` },
  shadow: { size: 72, read: (entry) => text(pointerAt(entry, 0)) },
};

interface Question {
  kind: string;
  ask: unknown[];
  answer: string | null;
  /** One that nobody can answer, without asking a server. */
  unknown: unknown[];
}

const httpPort = 80 << 8;
// shadow(5) is for root alone.
const shadow = process.getuid!() === 0 ? 'root' : null;
const questions: Record<string, Question> = {
  gethostbyname: {
    kind: 'host',
    ask: ['127.0.0.1'],
    answer: '127.0.0.1 2 127.0.0.1',
    unknown: ['256.256.256.256'],
  },
  gethostbyname2: {
    kind: 'host',
    ask: ['127.0.0.1', AF_INET],
    answer: '127.0.0.1 2 127.0.0.1',
    unknown: ['256.256.256.256', AF_INET],
  },
  gethostbyaddr: {
    kind: 'host',
    ask: [loopback, 4, AF_INET],
    answer: 'localhost 2 127.0.0.1',
    unknown: [loopback, 4, AF_UNIX],
  },
  getpwnam: { kind: 'passwd', ask: ['root'], answer: 'root 0', unknown: [nobody] },
  getpwuid: { kind: 'passwd', ask: [0], answer: 'root 0', unknown: [3_999_999] },
  getgrnam: { kind: 'group', ask: ['root'], answer: 'root 0', unknown: [nobody] },
  getgrgid: { kind: 'group', ask: [0], answer: 'root 0', unknown: [3_999_999] },
  getservbyname: {
    kind: 'service',
    ask: ['http', 'tcp'],
    answer: 'http 80',
    unknown: [nobody, 'tcp'],
  },
  getservbyport: {
    kind: 'service',
    ask: [httpPort, 'tcp'],
    answer: 'http 80',
    unknown: [1 << 8, 'no'],
  },
  getnetbyname: {
    kind: 'network',
    ask: ['loopback'],
    answer: 'loopback 7f000000',
    unknown: [nobody],
  },
  getnetbyaddr: {
    kind: 'network',
    ask: [0x7f00_0000, AF_INET],
    answer: 'loopback 7f000000',
    unknown: [0x7f00_0000, AF_UNIX],
  },
  getprotobyname: { kind: 'protocol', ask: ['tcp'], answer: 'tcp 6', unknown: [nobody] },
  getprotobynumber: { kind: 'protocol', ask: [6], answer: 'tcp 6', unknown: [3_999_999] },
  getrpcbyname: {
    kind: 'rpc',
    ask: ['portmapper'],
    answer: 'portmapper 100000',
    unknown: [nobody],
  },
  getrpcbynumber: {
    kind: 'rpc',
    ask: [100_000],
    answer: 'portmapper 100000',
    unknown: [3_999_999],
  },
  getspnam: { kind: 'shadow', ask: ['root'], answer: shadow, unknown: [nobody] },
};

const named = [
  ...['gethostbyname', 'gethostbyname2', 'gethostbyaddr', 'getpwnam', 'getpwuid'],
  ...['getgrnam', 'getgrgid', 'getservbyname', 'getservbyport', 'getnetbyname', 'getnetbyaddr'],
  ...['getprotobyname', 'getprotobynumber', 'getrpcbyname', 'getrpcbynumber', 'getspnam'],
] as const;
const reentrant = [
  ...['gethostbyname_r', 'gethostbyname2_r', 'gethostbyaddr_r', 'getpwnam_r', 'getpwuid_r'],
  ...['getgrnam_r', 'getgrgid_r', 'getservbyname_r', 'getservbyport_r', 'getnetbyname_r'],
  ...['getnetbyaddr_r', 'getprotobyname_r', 'getprotobynumber_r', 'getrpcbyname_r'],
  ...['getrpcbynumber_r', 'getspnam_r'],
] as const;

type Answer = Outcome & { answer: string | null };

const describeEntry = (kind: string, pointer: number): string | null =>
  pointer === 0 ? null : entries[kind]!.read(at(pointer, entries[kind]!.size));

/** What a function that has storage of its own says; its address is nobody's business. */
async function ask(call: Call, name: string, args: unknown[]): Promise<Answer> {
  const outcome = await call(name, ...args);
  const answer = describeEntry(questions[name]!.kind, outcome.result);
  return { ...outcome, result: Number(outcome.result !== 0), answer };
}

/** The same for a function that is given storage. */
async function askWithRoom(
  call: Call,
  name: string,
  args: unknown[],
  size = 4096,
): Promise<Answer> {
  const { kind } = questions[name.slice(0, -2)]!;
  const [entry, buffer, result] = [Buffer.alloc(128), Buffer.alloc(size), Buffer.alloc(8)];
  const outcome = await call(name, ...args, entry, buffer, size, result, Buffer.alloc(4));
  return { ...outcome, answer: describeEntry(kind, pointerAt(result, 0)) };
}

describe.each(named)('%s', (name) => {
  const question = questions[name]!;

  behaviour(named, ['found', 'not found'])('answers as libc does', async () => {
    const answers = await everyWay(async (call) => [
      await ask(call, name, question.ask),
      await ask(call, name, question.unknown),
    ]);
    expect(answers.map(({ answer }) => answer)).toEqual([question.answer, null]);
  });

  behaviour(named, 'answers kept apart')('keeps the answers of green threads apart', async () => {
    const first = spawn(() => {
      const { result } = calls[name]!(...question.ask);
      calls['usleep']!(10_000);
      return describeEntry(question.kind, result);
    });
    await spawn(() => calls[name]!(...question.unknown));
    const others = Array.from({ length: 5 }, () => ask(ways.green, name, question.ask));
    for (const { answer } of await Promise.all(others)) expect(answer).toBe(question.answer);
    expect(await first).toBe(question.answer);
  });
});

describe.each(reentrant)('%s', (name) => {
  const question = questions[name.slice(0, -2)]!;

  behaviour(reentrant, ['found', 'not found', 'ERANGE'])('answers as libc does', async () => {
    const answers = await everyWay(async (call) => [
      await askWithRoom(call, name, question.ask),
      await askWithRoom(call, name, question.unknown),
      await askWithRoom(call, name, question.ask, 1),
    ]);
    expect(answers.map(({ answer }) => answer)).toEqual([question.answer, null, null]);
    expect(answers[2]?.result).toBe(errno.ERANGE);
  });
});

describe('every entry', () => {
  const databases: Record<string, { kind: string; rewind: string; least: number }> = {
    getpwent: { kind: 'passwd', rewind: 'setpwent', least: 5 },
    getgrent: { kind: 'group', rewind: 'setgrent', least: 5 },
    getservent: { kind: 'service', rewind: 'setservent', least: 5 },
    gethostent: { kind: 'host', rewind: 'sethostent', least: 1 },
    getnetent: { kind: 'network', rewind: 'setnetent', least: 1 },
    getprotoent: { kind: 'protocol', rewind: 'setprotoent', least: 5 },
    getrpcent: { kind: 'rpc', rewind: 'setrpcent', least: 5 },
    getspent: { kind: 'shadow', rewind: 'setspent', least: shadow === null ? 0 : 1 },
  };

  // One way after another: libc's place in the database is the process's.
  const all = async (call: Call, name: string): Promise<(string | null)[]> => {
    const { kind, rewind } = databases[name.replace('_r', '')]!;
    const found: (string | null)[] = [];
    await call(rewind, 0);
    for (;;) {
      const [entry, buffer, result] = [Buffer.alloc(128), Buffer.alloc(4096), Buffer.alloc(8)];
      const { result: given } = await call(name, entry, buffer, 4096, result, Buffer.alloc(4));
      const pointer = name.endsWith('_r') ? pointerAt(result, 0) : given;
      if (pointer === 0) return found;
      found.push(describeEntry(kind, pointer));
    }
  };

  behaviour(
    [
      ...['getpwent', 'getpwent_r', 'getgrent', 'getgrent_r', 'getservent', 'getservent_r'],
      ...['gethostent', 'gethostent_r', 'getnetent', 'getnetent_r', 'getprotoent'],
      ...['getprotoent_r', 'getrpcent', 'getrpcent_r', 'getspent', 'getspent_r'],
    ],
    'every entry',
  )('comes in the same order', async () => {
    for (const name of Object.keys(databases).flatMap((each) => [each, `${each}_r`])) {
      const expected = await all(ways.plain, name);
      const { least } = databases[name.replace('_r', '')]!;
      expect(expected.length, name).toBeGreaterThanOrEqual(least);
      expect(await all(ways.green, name), name).toEqual(expected);
    }
  });
});

describe('getaddrinfo, getnameinfo and getgrouplist', () => {
  const EAI_NONAME = -2;
  const NI_NAMEREQD = 8;
  const [AI_NUMERICHOST, NI_NUMERIC] = [4, 3];

  behaviour('getaddrinfo', ['found', 'not found'])('getaddrinfo answers as libc does', async () => {
    const outcomes = await everyWay(async (call) => {
      const [found, hints] = [Buffer.alloc(8), Buffer.alloc(48)];
      hints.writeInt32LE(AI_NUMERICHOST, 0);
      const first = await call('getaddrinfo', 'localhost', '80', null, found);
      const address = at(pointerAt(at(pointerAt(found, 0), 48), 24), 8);
      const none = await call('getaddrinfo', nobody, null, hints, found);
      return [first.result, address.readUInt16BE(2), none.result];
    });
    expect(outcomes).toEqual([0, 80, EAI_NONAME]);
  });

  behaviour('getnameinfo', ['found', 'not found'])('getnameinfo answers as libc does', async () => {
    const outcomes = await everyWay(async (call) => {
      const address = descriptors.inet('127.0.0.1', 80);
      const [host, service] = [Buffer.alloc(64), Buffer.alloc(32)];
      const ask = (flags: number, size = 64) =>
        call('getnameinfo', address, address.length, host, size, service, 32, flags);
      const first = await ask(NI_NUMERIC);
      const names = [host, service].map((name) => name.toString('latin1', 0, name.indexOf(0)));
      address.writeUInt16LE(99, 0);
      return [first.result, ...names, (await ask(NI_NAMEREQD)).result < 0];
    });
    expect(outcomes).toEqual([0, '127.0.0.1', '80', true]);
  });

  behaviour('getgrouplist', ['found', 'too many'])('getgrouplist answers so too', async () => {
    const outcomes = await everyWay(async (call) => {
      const [groups, count] = [Buffer.alloc(400), Buffer.alloc(4)];
      count.writeInt32LE(100);
      const all = await call('getgrouplist', 'root', 7, groups, count);
      const found = count.readInt32LE();
      count.writeInt32LE(0);
      const none = await call('getgrouplist', 'root', 7, groups, count);
      return [all.result === found, groups.readInt32LE(), none.result];
    });
    expect(outcomes).toEqual([true, 7, -1]);
  });
});

it('a look-up lets the loop turn, and others look up meanwhile', async () => {
  const asked = Array.from({ length: 30 }, () => ask(ways.green, 'getpwnam', ['root']));
  expect((await Promise.all(asked)).map(({ answer }) => answer)).toEqual(Array(30).fill('root 0'));
});
