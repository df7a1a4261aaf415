import { once } from 'node:events';
import { request, type RequestOptions } from 'node:http';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

/** A key and a certificate for localhost that nobody but these tests knows. */
export const tls = {
  key: readFileSync(fixture('key.pem'), 'utf8'),
  cert: readFileSync(fixture('certificate.pem'), 'utf8'),
};

const opened: Server[] = [];

/** Lets a server listen on a free port of 127.0.0.1 until `closeServers()`. */
export async function portOf(server: Server): Promise<number> {
  opened.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export async function closeServers(): Promise<void> {
  await Promise.all(
    opened
      .splice(0)
      .filter((server) => server.listening)
      .map((server) => new Promise((resolve) => server.close(resolve))),
  );
}

export interface Answer {
  status: number | undefined;
  body: string;
}

/** Asks an HTTP server on its own connection, unless the options have an agent. */
export function ask(port: number, options: RequestOptions = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: text }));
      response.on('error', reject);
    });
    asked.on('error', reject).end(body);
  });
}

/** All that a server sends on one connection to which `text` was written, until it ends it. */
export async function converse(port: number, text: string): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
  socket.write(text);
  await once(socket, 'close');
  return received;
}
