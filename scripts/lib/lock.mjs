// One process at a time: two builds of the same directory would destroy each other's files.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const retryMs = 100;

/**
 * A name in Linux's abstract socket namespace, unix(7): bound by one process at a time, and free
 * again when that process ends, however it ends. Its length is limited, hence the digest.
 */
function socketName(directory) {
  return `\0greenify-${createHash('sha256').update(directory).digest('hex').slice(0, 32)}`;
}

/** Resolves with a server that stands for the lock, or with undefined when another holds it. */
async function tryLock(name) {
  const server = createServer().listen(name);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function lock(directory) {
  const name = socketName(directory);
  for (let attempt = 0; ; attempt += 1) {
    const server = await tryLock(name);
    if (server) return server;
    if (attempt === 0) console.log(`Waiting for another process that works in ${directory}`);
    await delay(retryMs);
  }
}

/** Runs `task` while no other `withLock` of the same directory does. */
export async function withLock(directory, task) {
  const server = await lock(directory);
  try {
    return await task();
  } finally {
    server.close();
  }
}
