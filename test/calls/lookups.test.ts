import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { behaviour } from './behaviour';
import { lookups, nobody, toldOf, room } from './endings';
import * as ways from './ways';
import { bytes, green, plain, stillWaits, type Call, type Outcome } from './ways';

const elsewhere = [
  ...['getaliasbyname', 'getaliasbyname_r', 'getaliasent', 'getaliasent_r', 'setnetgrent'],
  ...['getnetgrent', 'getnetgrent_r', 'innetgr', 'initgroups', 'sethostent', 'setnetent'],
  ...['setprotoent', 'setservent', 'setrpcent', 'setpwent', 'setgrent', 'setspent', 'gethostid'],
  ...['getlogin', 'getlogin_r', 'getutxent', 'getutxid', 'getutxline', 'pututxline', 'updwtmpx'],
  ...['res_query', 'res_search', 'res_querydomain', 'res_send', 'syslog', 'vsyslog', 'openlog'],
  'closelog',
] as const;

behaviour(elsewhere, 'elsewhere').each(elsewhere)(
  '%s comes to the same on another kernel thread',
  async (name) => {
    const expected = toldOf(name, await plain(name, ...lookups[name]!));
    let outcome: unknown;
    const moved = await ways.offloads(async () => {
      outcome = toldOf(name, await green(name, ...lookups[name]!));
    });
    expect({ moved, outcome }).toEqual({ moved: 1, outcome: expected });
  },
);

describe('asking a name server', () => {
  const asking = ['res_nquery', 'res_nsearch', 'res_nquerydomain', 'res_nsend'] as const;
  const [A, IN] = [1, 1];

  /** struct __res_state: one server, which is asked once. */
  function stateFor(port: number): Buffer {
    const state = Buffer.alloc(1024);
    expect(ways.originalCalls['__res_ninit']!(state).result).toBe(0);
    const address = Buffer.from([2, 0, port >> 8, port & 0xff, 127, 0, 0, 1]);
    state.writeInt32LE(30, 0); // seconds
    state.writeInt32LE(1, 4); // attempts
    state.writeInt32LE(1, 16); // servers
    address.copy(state, 20);
    return state;
  }

  /** The query for a name as it is sent. */
  const query = Buffer.concat([
    Buffer.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4]),
    bytes('name'),
    Buffer.from([4]),
    bytes('test'),
    Buffer.from([0, 0, A, 0, IN]),
  ]);

  /** With room for an answer. */
  function ask(call: Call, name: string, state: Buffer): Promise<Outcome> {
    const shapes: Record<string, unknown[]> = {
      res_nquery: ['name.test', IN, A],
      res_nsearch: ['name.test.', IN, A],
      res_nquerydomain: ['name', 'test', IN, A],
      res_nsend: [query, query.length],
    };
    return call(name, state, ...shapes[name]!, room(), 4096);
  }

  /** The question, and that there is one answer: 1.2.3.4. */
  function answerTo(question: Buffer): Buffer {
    const answer = Buffer.concat([
      question,
      Buffer.from([0xc0, 12, 0, A, 0, IN, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4]),
    ]);
    answer.writeUInt16BE(0x8180, 2);
    answer.writeUInt16BE(1, 6);
    answer.writeUInt16BE(0, 10);
    return answer.subarray(0, answer.length);
  }

  behaviour(asking, 'server').each(asking)('%s waits for its answer', async (name) => {
    const server = createSocket('udp4');
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const outcomes: Outcome[] = [];
    for (const call of [plain, green]) {
      const state = stateFor(server.address().port);
      const asked = once(server, 'message') as Promise<[Buffer, { port: number }]>;
      const pending = ask(call, name, state);
      const [question, { port }] = await asked;
      await stillWaits(pending);
      server.send(answerTo(question), port, '127.0.0.1');
      outcomes.push(await pending);
    }
    server.close();
    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]!.result).toBe(query.length + 16);
  });
});

it('many look-ups go on side by side', async () => {
  const asked = Array.from({ length: 20 }, () => green('getaliasbyname', nobody));
  await delay(0);
  expect((await Promise.all(asked)).every(({ result }) => result === 0)).toBe(true);
});
