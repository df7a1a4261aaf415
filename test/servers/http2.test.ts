import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createSecureServer,
  createServer,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Server } from 'node:net';
import { current, isGreen, monkeyPatch, sleep } from 'greenify';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeServers, portOf, tls } from './clients';

const clients: ClientHttp2Session[] = [];

beforeAll(() => monkeyPatch({ server: true }));
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await closeServers();
});

function join(port: number, protocol = 'http'): ClientHttp2Session {
  const client = connect(`${protocol}://127.0.0.1:${port}`, { ca: tls.cert });
  clients.push(client);
  return client;
}

async function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<string> {
  const stream = client.request({ ':path': '/', ...headers });
  let body = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  await once(stream, 'end');
  return body;
}

const askOnce = async (server: Server, headers: OutgoingHttpHeaders = {}): Promise<string> =>
  ask(join(await portOf(server)), headers);

describe('an HTTP/2 server', () => {
  it('runs its streams in green threads, side by side on one connection', async () => {
    const server = createServer().on('stream', (stream, headers) => {
      sleep(100);
      stream.respond({ ':status': 200 });
      stream.end(`${headers[':path']} ${current()?.name}`);
    });
    const client = join(await portOf(server));
    const started = performance.now();
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const bodies = await Promise.all(paths.map((path) => ask(client, { ':path': path })));
    expect(performance.now() - started).toBeLessThan(1000); // 2 s one after the other
    expect(bodies).toEqual(paths.map((path) => `${path} stream GET ${path}`));
  });

  it('runs requests of the compatible interface in the thread of their stream', async () => {
    const threads: (number | undefined)[] = [];
    const server = createServer((_request, response) => {
      sleep(5);
      threads.push(current()?.id);
      response.end(String(isGreen()));
    });
    server.on('stream', () => threads.push(current()?.id));
    expect(await askOnce(server)).toBe('true');
    expect(threads).toHaveLength(2);
    expect(new Set(threads).size).toBe(1);
  });

  it('runs checkContinue in one, too', async () => {
    const server = createServer((_request, response) => response.end('no'));
    server.on('checkContinue', (_request, response) => {
      sleep(5);
      response.writeContinue();
      response.end(String(isGreen()));
    });
    expect(await askOnce(server, { expect: '100-continue' })).toBe('true');
  });

  it('leaves sessions and connections where they were', async () => {
    const greens: boolean[] = [];
    const server = createServer((_request, response) => response.end());
    server.on('session', () => greens.push(isGreen()));
    server.on('connection', () => greens.push(isGreen()));
    await askOnce(server);
    expect(greens).toEqual([false, false]);
  });

  it('does so over TLS, for clients of HTTP/1 as well', async () => {
    const server = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
      sleep(5);
      response.end(`${request.httpVersion} ${isGreen()}`);
    });
    const port = await portOf(server);
    expect(await ask(join(port, 'https'), {})).toBe('2.0 true');
    const { get } = await import('node:https');
    const body = await new Promise((resolve, reject) => {
      const options = { host: '127.0.0.1', port, ca: tls.cert, agent: false as const };
      get(options, (response) => response.setEncoding('utf8').on('data', resolve)).on(
        'error',
        reject,
      );
    });
    expect(body).toBe('1.1 true');
  });
});
