/** Private Redis and memcached servers, of Debian's packages. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answers, freePort, HOST, supervise, waitUntilReady } from './supervised.mjs';

const SUPERVISOR = fileURLToPath(new URL('server-supervisor.sh', import.meta.url));

/** Starts `program` in a directory of its own and waits until it answers `question`. */
export async function startServer(name, port, question, program) {
  const directory = await mkdtemp(join(tmpdir(), `greenify-${name}-`));
  const supervisor = supervise(name, [SUPERVISOR, directory, ...program]);
  try {
    const pid = await supervisor.started();
    await waitUntilReady(name, supervisor, () => answers(port, question));
    return { host: HOST, port, pid, stop: supervisor.stop };
  } catch (error) {
    await supervisor.stop();
    throw new Error(`${error.message}; its log:\n${supervisor.log()}`, { cause: error });
  }
}

export async function startRedis() {
  const port = await freePort();
  const settings = { bind: HOST, port, save: '', appendonly: 'no' };
  const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
  return startServer('redis', port, 'PING\r\n', ['redis-server', ...args]);
}

export async function startMemcached() {
  const port = await freePort();
  // memcached(1): root must say whom to run as.
  const user = process.getuid() === 0 ? ['-u', 'root'] : [];
  const args = ['-l', HOST, '-p', String(port), '-U', '0', ...user];
  return startServer('memcached', port, 'version\r\n', ['memcached', ...args]);
}
