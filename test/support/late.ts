import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

/** How late the servers of this module are. */
export const LATE_MS = 300;

const ignore = (): void => undefined;

/** Sends a line to whoever connects, after a while. */
export const lateServer = (): Server =>
  createServer((socket) => {
    socket.on('error', ignore);
    setTimeout(() => socket.end('late\n'), LATE_MS);
  });

/** Answers an HTTP request after a while. */
export const lateHttpServer = (): Server =>
  createHttpServer((_request, response) => {
    setTimeout(() => response.end('a late answer'), LATE_MS);
  });

/** Forwards to a server; what comes back first comes late. */
export const lateProxy = (port: number): Server =>
  createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) socket.on('error', ignore);
    near.pipe(far);
    far.once('readable', () => setTimeout(() => far.pipe(near), LATE_MS));
  });

/** Closes a connection as soon as something is asked. */
export const dyingServer = (): Server =>
  createServer((socket) => {
    socket.on('error', ignore);
    socket.once('data', () => socket.destroy());
  });

/** Never says anything. */
export const silentServer = (): Server => createServer((socket) => void socket.on('error', ignore));

const listening: Server[] = [];

/** Lets a server listen on a free port of 127.0.0.1, until closeAll(). */
export async function listen(server: Server): Promise<number> {
  listening.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export function closeAll(): void {
  for (const server of listening.splice(0)) server.close();
}
