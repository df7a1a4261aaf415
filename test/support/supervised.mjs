/**
 * Private servers for tests: a directory of their own under the system's temporary directory,
 * 127.0.0.1, a free port. A supervisor, a shell script, ends each even when this process is killed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export const HOST = '127.0.0.1';
const READY_TIMEOUT_MS = 60_000;

export async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a supervisor, kept from holding this process's event loop open once its server is started.
 * @param {string} name of the server, for errors
 * @param {string[]} args the supervisor's path and arguments
 */
export function supervise(name, args) {
  const child = spawn('/bin/sh', args, {
    // A session of its own: Ctrl-C is for this process alone, and what follows from its end.
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const handles = [child, child.stdin, child.stdout];
  let output = '';
  let ended = false;
  const closed = once(child, 'close').then(() => {
    ended = true;
  });
  child.stdin.on('error', () => {}); // EPIPE: it has ended, and 'close' says so.
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });

  const started = async () => {
    while (!output.includes('\n') && !ended) {
      await Promise.race([once(child.stdout, 'data'), closed]);
    }
    for (const handle of handles) handle.unref();
    const announced = /^server (\d+)\n/.exec(output);
    if (!announced) throw new Error(`${name} could not be started`);
    return Number(announced[1]);
  };

  const stop = async () => {
    for (const handle of handles) handle.ref();
    child.stdin.end();
    await closed;
  };

  return { started, stop, closed, hasEnded: () => ended, log: () => output };
}

/** Waits until isReady() answers with true. */
export async function waitUntilReady(name, supervisor, isReady) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (let pause = 10; Date.now() < deadline; pause = Math.min(2 * pause, 500)) {
    if (supervisor.hasEnded()) throw new Error(`${name} ended while it was starting`);
    if (await isReady()) return;
    await delay(pause);
  }
  throw new Error(`${name} did not answer on ${HOST} within ${READY_TIMEOUT_MS / 1000} s`);
}

/** Whether a server that is sent `question` says anything; some speak first. */
export async function answers(port, question = '') {
  const socket = connect(port, HOST);
  try {
    await once(socket, 'connect');
    socket.write(question);
    await once(socket, 'data', { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
