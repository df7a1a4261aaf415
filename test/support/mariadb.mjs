/** A private MariaDB server, of Debian's mariadb-server, with TLS. Its data directory is made once and copied. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../scripts/lib/paths.mjs';
import { makeCertificate } from './certificate.mjs';
import { startServer } from './servers.mjs';
import { freePort, HOST } from './supervised.mjs';

const run = promisify(execFile);

/** Debian's programs for administrators are not on everybody's PATH. */
const SERVER = '/usr/sbin/mariadbd';

// mariadbd refuses to run as root unless it is told to.
const asRoot = process.getuid() === 0 ? ['--user=root'] : [];

async function makeTemplate(template) {
  const directory = await mkdtemp(join(tmpdir(), 'greenify-mariadb-'));
  const data = join(directory, 'data');
  await run('mariadb-install-db', [
    '--no-defaults',
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    `--datadir=${data}`,
    ...asRoot,
  ]);
  await makeCertificate(data, [`IP:${HOST}`]);
  await mkdir(cacheDirectory, { recursive: true });
  await cp(data, `${template}.${process.pid}`, { recursive: true });
  await rename(`${template}.${process.pid}`, template).catch((error) => {
    if (!existsSync(template)) throw error; // otherwise somebody else was quicker
  });
  await rm(directory, { recursive: true });
}

async function templateDirectory() {
  if (!existsSync(SERVER)) {
    throw new Error(`no ${SERVER}: install it with "apt-get install mariadb-server"`);
  }
  const { stdout } = await run(SERVER, ['--version']);
  const template = join(cacheDirectory, `mariadb-template-${/\d+(\.\d+)+/.exec(stdout)[0]}`);
  if (!existsSync(template)) await makeTemplate(template);
  return template;
}

function serverSettings(data, port, maxConnections) {
  const settings = {
    datadir: data,
    'bind-address': HOST,
    port,
    socket: join(data, 'socket'),
    'max-connections': maxConnections,
    'thread-handling': 'pool-of-threads',
    'innodb-buffer-pool-size': '16M',
    'innodb-flush-log-at-trx-commit': 0,
    'ssl-key': join(data, 'key.pem'),
    'ssl-cert': join(data, 'certificate.pem'),
    'ssl-ca': join(data, 'certificate.pem'),
  };
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

/**
 * Starts a server whose user root needs no password; restart() ends it hard, or gently, and starts it again on the
 * same port, with the same data.
 * @param {{ maxConnections?: number }} [options]
 */
export async function startMariadb({ maxConnections = 300 } = {}) {
  const template = await templateDirectory();
  const home = await mkdtemp(join(tmpdir(), 'greenify-mariadb-'));
  const data = join(home, 'data');
  await cp(template, data, { recursive: true });
  const port = await freePort();
  const args = ['--no-defaults', ...serverSettings(data, port, maxConnections), ...asRoot];
  // A MariaDB server speaks first.
  const start = () => startServer('mariadb', port, '', [SERVER, ...args]);
  let server = await start();
  return {
    host: HOST,
    port,
    get pid() {
      return server.pid;
    },
    authority: join(data, 'certificate.pem'),
    async restart(signal = 'SIGTERM') {
      process.kill(server.pid, signal);
      await server.stop();
      server = await start();
    },
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
