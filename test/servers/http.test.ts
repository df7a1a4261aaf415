import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { Agent, createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import { await_, current, isGreen, isMonkeyPatched, monkeyPatch, sleep } from 'greenify';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ask, closeServers, converse, portOf, tls } from './clients';

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Made before anything is patched. */
const early = createServer((_request, response) => response.end(String(isGreen())));

beforeAll(() => {
  expect(isMonkeyPatched('server')).toBe(false);
  expect(monkeyPatch({ server: true }).families).toEqual(['server']);
  expect(isMonkeyPatched('server')).toBe(true);
});
afterEach(closeServers);

const serve = (listener: RequestListener): Promise<number> => portOf(createServer(listener));

describe('a handler of an HTTP server', () => {
  it('runs in a green thread, of servers too that were made before', async () => {
    expect((await ask(await portOf(early))).body).toBe('true');
  });

  it('may wait, and nobody else does', async () => {
    const port = await serve((_request, response) => {
      sleep(200);
      response.end();
    });
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const started = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => ask(port)));
    clearInterval(timer);
    expect(performance.now() - started).toBeLessThan(2000); // 4 s one after the other
    expect(ticks).toBeGreaterThan(5);
  });

  it('has a thread that is named for its request', async () => {
    const port = await serve((_request, response) => response.end(current()?.name));
    const { body } = await ask(port, { method: 'PUT', path: '/some/where?a=1' });
    expect(body).toBe('request PUT /some/where?a=1');
  });

  it('has one thread, and no other is started for what Node itself listens to', async () => {
    const port = await serve((_request, response) => response.end(String(current()?.id)));
    const agent = new Agent({ keepAlive: true });
    const ids = [];
    for (let i = 0; i < 3; i += 1) ids.push(Number((await ask(port, { agent })).body));
    agent.destroy();
    const [first = 0] = ids;
    expect(ids).toEqual([first, first + 1, first + 2]);
  });

  it('shares its thread with the other listeners, which run in order', async () => {
    const log: string[] = [];
    const server = createServer(() => {
      sleep(5);
      log.push(`first ${current()?.id}`);
    });
    server.once('request', (_request, response) => {
      log.push(`second ${current()?.id}`);
      response.end();
    });
    await ask(await portOf(server));
    const [, id] = (log[0] ?? '').split(' ');
    expect(log).toEqual([`first ${id}`, `second ${id}`]);
  });

  it('may be async: up to its first await it is green', async () => {
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- as many handlers are
    const port = await serve(async (_request, response) => {
      sleep(5);
      const before = isGreen();
      await later(1);
      response.end(`${before} ${isGreen()}`);
    });
    expect((await ask(port)).body).toBe('true false');
  });

  it('goes on in a green thread when the body of the request is complete', async () => {
    const port = await serve((request, response) => {
      let length = 0;
      request.on('data', (chunk: Buffer) => (length += chunk.length));
      request.on('end', () => {
        sleep(5);
        response.end(`${length} ${current()?.name}`);
      });
    });
    const { body } = await ask(port, { method: 'POST', path: '/form' }, 'a'.repeat(200_000));
    expect(body).toBe('200000 body of POST /form');
  });

  it('holds a body back that it does not read while it waits', async () => {
    let buffered = -1;
    const port = await serve((request, response) => {
      sleep(200);
      buffered = request.readableLength;
      let length = 0;
      request.on('data', (chunk: Buffer) => (length += chunk.length));
      request.on('end', () => response.end(String(length)));
    });
    const size = 20_000_000;
    const { body } = await ask(port, { method: 'POST' }, 'a'.repeat(size));
    expect(body).toBe(String(size));
    expect(buffered).toBeLessThan(size / 10);
  });

  it('is told that the client has gone, after its wait', async () => {
    let gone = (): void => undefined;
    const state = new Promise<object>((resolve) => {
      const server = createServer((request, response) => {
        gone();
        sleep(100);
        resolve({ request: request.destroyed, response: response.destroyed });
      });
      void portOf(server).then((port) => {
        const socket = connect(port, '127.0.0.1');
        gone = () => socket.destroy();
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
      });
    });
    expect(await state).toEqual({ request: true, response: true });
  });
});

describe('connections of an HTTP server', () => {
  it('are kept alive', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const port = await serve((request, response) => {
      sleep(2);
      ports.add(request.socket.remotePort);
      response.end();
    });
    for (let count = 0; count < 5; count += 1) await ask(port, { agent });
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  it('answer pipelined requests in order, whoever is ready first', async () => {
    const port = await serve((request, response) => {
      if (request.url === '/1') sleep(60);
      response.end(`<${request.url}>`);
    });
    const get = (path: string, more = ''): string =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
    const text = await converse(port, get('/1') + get('/2') + get('/3', 'Connection: close\r\n'));
    expect(text.match(/<.*?>/g)).toEqual(['</1>', '</2>', '</3>']);
  });

  it('are waited for by close()', async () => {
    const log: string[] = [];
    const server = createServer((_request, response) => {
      server.close(() => log.push('closed'));
      sleep(100);
      log.push('answered');
      response.end();
    });
    const closed = once(server, 'close');
    expect((await ask(await portOf(server))).status).toBe(200);
    await closed;
    expect(log).toEqual(['answered', 'closed']);
  });
});

describe('the other events of an HTTP server', () => {
  const withListener = (event: string, listener: (...args: never[]) => void): Server =>
    createServer((_request, response) => response.end('no')).on(event, (...args: unknown[]) => {
      Reflect.apply(listener, undefined, args as never[]);
    });

  it.each([
    ['checkContinue', '100-continue', 'writeContinue'],
    ['checkExpectation', 'something', 'flushHeaders'],
  ] as const)('%s', async (event, expectation, answer) => {
    const listener: RequestListener = (_request, response) => {
      sleep(5);
      response[answer]();
      response.end(current()?.name);
    };
    const port = await portOf(withListener(event, listener));
    const { body } = await ask(port, { headers: { Expect: expectation } });
    expect(body).toBe('request GET /');
  });

  it.each([
    ['upgrade', 'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
    ['connect', 'CONNECT /chat HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s', async (event, head) => {
    const server = withListener(event, (_request: unknown, socket: NodeJS.WritableStream) => {
      sleep(5);
      socket.end(String(current()?.name));
    });
    const [method] = head.split(' ');
    expect(await converse(await portOf(server), head)).toBe(`request ${method} /chat`);
  });

  it('run as they did: nothing listens, another name, a connection', async () => {
    const server = createServer();
    const greens: boolean[] = [];
    server.on('connection', () => greens.push(isGreen()));
    server.on('listening', () => greens.push(isGreen()));
    expect(server.emit('request')).toBe(false);
    const port = await portOf(server);
    server.once('request', (_request, response) => response.end());
    await ask(port);
    expect(greens).toEqual([false, false]);
  });
});

describe('responses to clients', () => {
  it('end where they did', async () => {
    const agent = await serve((_request, response) => response.end('x'));
    const greens: boolean[] = [];
    const { get } = await import('node:http');
    const response = await new Promise<NodeJS.ReadableStream>((resolve) =>
      get({ port: agent, host: '127.0.0.1', agent: false }, resolve as never),
    );
    response.on('end', () => greens.push(isGreen()));
    response.resume();
    await once(response, 'end');
    expect(greens).toEqual([false]);
  });
});

describe('AsyncLocalStorage', () => {
  it('keeps its store for each of 200 requests at once, over waits of all kinds', async () => {
    const storage = new AsyncLocalStorage<number>();
    let next = 0;
    const port = await serve((_request, response) => {
      const mine = (next += 1);
      storage.run(mine, () => {
        sleep(20 + (mine % 7));
        const first = storage.getStore();
        const second = await_(later(mine % 5).then(() => storage.getStore()));
        sleep(mine % 3);
        response.end(String(first === mine && second === mine && storage.getStore() === mine));
      });
    });
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(port)));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['true']));
  });
});

describe('an HTTPS server', () => {
  it('runs its requests in green threads, and its connections as ever', async () => {
    const greens: boolean[] = [];
    const server = createSecureServer(tls, (_request, response) => {
      sleep(5);
      response.end(current()?.name);
    });
    server.on('secureConnection', () => greens.push(isGreen()));
    const port = await portOf(server);
    const { request } = await import('node:https');
    const body = await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, ca: tls.cert, agent: false as const };
      request(options, (response) => response.setEncoding('utf8').on('data', resolve))
        .on('error', reject)
        .end();
    });
    expect(body).toBe('request GET /');
    expect(greens).toEqual([false]);
  });
});
