// The servers of a soak, outside of the process that is watched, and how they vanish.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startMariadb } from '../support/mariadb.mjs';
import { startPostgres } from '../support/postgres.mjs';
import { startRedis } from '../support/servers.mjs';
import { answers, freePort } from '../support/supervised.mjs';

const script = fileURLToPath(new URL('peer.mjs', import.meta.url));
const peerEveryMs = 3_000;
const mariadbEveryMs = 45_000;

async function startPeer() {
  const ports = [await freePort(), await freePort()];
  let child;
  const start = async () => {
    child = spawn(process.execPath, [script, ...ports.map(String)], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    while (!(await answers(ports[0], 'answer 0\n'))) {
      if (child.exitCode !== null) throw new Error('the peer could not be started');
    }
  };
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  return { ports, stop, restart: () => stop().then(start) };
}

/** Does something again and again, until told to stop: then it has been done to its end. */
function repeat(everyMs, task) {
  let stopped = false;
  let wake = () => {};
  const done = (async () => {
    for (;;) {
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, everyMs).unref();
      });
      if (stopped) return;
      await task();
    }
  })();
  done.catch(() => {});
  return () => {
    stopped = true;
    wake();
    return done;
  };
}

/** What goes away and comes again: the peer within a call, MariaDB hard and gently in turn. */
function vanishing({ peer, mariadb }) {
  let vanished = 0;
  const stops = [
    repeat(peerEveryMs, () => peer.restart()),
    repeat(mariadbEveryMs, () => mariadb.restart(vanished++ % 2 === 0 ? 'SIGKILL' : 'SIGTERM')),
  ];
  return () => Promise.all(stops.map((stop) => stop()));
}

/** Starts all of them; `settings` is for the watched process. */
export async function startServices() {
  const started = [];
  const keep = async (starting) => {
    const service = await starting;
    started.push(service);
    return service;
  };
  const stop = () => Promise.all(started.map((service) => service.stop()));
  try {
    const peer = await keep(startPeer());
    const mariadb = await keep(startMariadb());
    const postgres = await keep(startPostgres({ maxConnections: 300 }));
    const redis = await keep(startRedis());
    const [socket, http] = peer.ports;
    const settings = {
      peer: socket,
      http,
      redis: redis.port,
      mariadb: { port: mariadb.port, authority: mariadb.authority },
      postgres: postgres.connectionString,
    };
    return { settings, vanishing: () => vanishing({ peer, mariadb }), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
