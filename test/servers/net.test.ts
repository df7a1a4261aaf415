import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { connect as connectSecurely, createServer as createSecureServer } from 'node:tls';
import { current, isGreen, monkeyPatch, sleep, spawn } from 'greenify';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeServers, converse, portOf, tls } from './clients';

beforeAll(() => monkeyPatch({ server: true }));
afterEach(closeServers);

describe('a net server', () => {
  it('runs its connections in green threads, side by side', async () => {
    const server = createServer((socket) => {
      sleep(100);
      socket.end(String(current()?.name));
    });
    const port = await portOf(server);
    const started = performance.now();
    const texts = await Promise.all(Array.from({ length: 20 }, () => converse(port, '')));
    expect(performance.now() - started).toBeLessThan(1000); // 2 s one after the other
    expect(new Set(texts).size).toBe(20);
    expect(texts[0]).toMatch(/^connection 127\.0\.0\.1 \d+$/);
  });

  it('keeps what comes in while a connection waits', async () => {
    const server = createServer((socket) => {
      sleep(50);
      socket.on('data', (chunk) => socket.end(chunk));
    });
    expect(await converse(await portOf(server), 'early')).toBe('early');
  });

  it('has no thread for other events', async () => {
    const greens: boolean[] = [];
    const server = createServer((socket) => socket.end());
    server.on('listening', () => greens.push(isGreen()));
    server.on('close', () => greens.push(isGreen()));
    server.on('request', () => greens.push(isGreen()));
    await portOf(server);
    server.emit('request');
    await closeServers();
    expect(greens).toEqual([false, false, false]);
  });

  it('runs listeners in the thread of who emits', () => {
    const server = createServer();
    let inside: unknown;
    server.on('connection', () => {
      inside = current();
    });
    const thread = spawn(() => void server.emit('connection', {} as Socket));
    expect(inside).toBe(thread);
  });

  it('hands rejections of async listeners to captureRejections', async () => {
    EventEmitter.captureRejections = true;
    const server = createServer();
    EventEmitter.captureRejections = false;
    const failed = new Promise((resolve) => {
      // eslint-disable-next-line @typescript-eslint/no-misused-promises -- which is what this is about
      server.on('connection', async (socket) => {
        socket.on('error', resolve); // which is what Node makes of it
        sleep(2);
        await Promise.resolve();
        throw new Error('rejected');
      });
    });
    connect(await portOf(server), '127.0.0.1').resume();
    expect(await failed).toMatchObject({ message: 'rejected' });
  });
});

describe('a TLS server', () => {
  it('runs its secure connections in green threads, and nothing else', async () => {
    const greens: boolean[] = [];
    const server = createSecureServer(tls, (socket) => {
      sleep(5);
      greens.push(isGreen());
      socket.end('done');
    });
    server.on('connection', () => greens.push(isGreen()));
    const port = await portOf(server);
    const socket = connectSecurely({ port, host: '127.0.0.1', ca: tls.cert });
    const [data] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    socket.destroy();
    expect(data).toBe('done');
    expect(greens).toEqual([false, true]);
  });
});
