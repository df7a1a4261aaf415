/**
 * A private PostgreSQL server for tests, benchmarks and the demo: its own data directory under the
 * system's temporary directory, 127.0.0.1, a free port, nothing kept on disk after it ended. A
 * supervisor (postgres-supervisor.sh) ends it even when this process is killed.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheDirectory } from '../../scripts/lib/paths.mjs';
import { makeCertificate } from './certificate.mjs';
import { freePort, HOST, supervise, waitUntilReady } from './supervised.mjs';

const run = promisify(execFile);

const INSTALLATIONS = '/usr/lib/postgresql';
const SUPERVISOR = fileURLToPath(new URL('postgres-supervisor.sh', import.meta.url));
const USER = 'greenify';
const DATABASE = 'postgres';
const PORT_ATTEMPTS = 3;

/** The directory of PostgreSQL's server programs, of the newest version installed. */
export function findPostgres() {
  const versions = existsSync(INSTALLATIONS) ? readdirSync(INSTALLATIONS) : [];
  const newestFirst = versions.sort((a, b) => Number(b) - Number(a));
  const directories = newestFirst.map((version) => join(INSTALLATIONS, version, 'bin'));
  const found = directories.find((bin) => existsSync(join(bin, 'initdb')));
  if (!found) {
    throw new Error(
      `no PostgreSQL server programs under ${INSTALLATIONS}: ` +
        'install them with "apt-get install postgresql"',
    );
  }
  return found;
}

/**
 * Starts a server and waits until it answers.
 * @param {{ maxConnections?: number, tls?: boolean }} [options]
 */
export async function startPostgres({ maxConnections = 150, tls = false } = {}) {
  const bin = findPostgres();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce({ bin, maxConnections, tls, port: await freePort() });
    } catch (error) {
      // Another process may have taken the port between our look and the server's bind.
      const portTaken = /Address already in use/.test(error.message);
      if (!portTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOnce({ bin, maxConnections, tls, port }) {
  const template = await templateDirectory(bin);
  const directory = await mkdtemp(join(tmpdir(), 'greenify-postgres-'));
  const made = tls ? await makeCertificate(directory, ['DNS:localhost']) : undefined;
  const settings = serverSettings({ directory, maxConnections, port, made });
  const supervised = [SUPERVISOR, directory, template, serverUser(), bin, ...settings];
  const supervisor = supervise('PostgreSQL', supervised);
  try {
    const pid = await supervisor.started();
    await waitUntilReady('PostgreSQL', supervisor, () => isReady(bin, port));
    return {
      host: HOST,
      port,
      user: USER,
      database: DATABASE,
      connectionString: `postgresql://${USER}@${HOST}:${port}/${DATABASE}?sslmode=disable`,
      socketDirectory: directory,
      authority: made?.certificate,
      bin,
      pid,
      stop: supervisor.stop,
    };
  } catch (error) {
    await supervisor.stop();
    throw new Error(`${error.message}; its log:\n${supervisor.log()}`, { cause: error });
  }
}

/** initdb takes seconds, a copy of what it made does not. Minor versions may differ in the catalog. */
async function templateDirectory(bin) {
  const { stdout } = await run(join(bin, 'postgres'), ['--version']);
  const [version] = /\d+(\.\d+)*/.exec(stdout);
  return join(cacheDirectory, `postgres-template-${version}`);
}

/** PostgreSQL refuses to run as root: root runs it as Debian's user `postgres`, others as themselves. */
function serverUser() {
  return process.getuid() === 0 ? 'postgres' : '';
}

function serverSettings({ directory, maxConnections, port, made }) {
  const tls = { ssl: 'on', ssl_cert_file: made?.certificate, ssl_key_file: made?.key };
  const settings = {
    listen_addresses: HOST,
    port,
    unix_socket_directories: directory,
    max_connections: maxConnections,
    // The data is thrown away: nothing has to survive a crash.
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    ...(made ? tls : {}),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function isReady(bin, port) {
  const address = ['-h', HOST, '-p', String(port), '-U', USER, '-d', DATABASE];
  try {
    await run(join(bin, 'pg_isready'), ['-q', ...address]);
    return true;
  } catch (error) {
    // pg_isready(1): 1 while it rejects connections (starting up), 2 when nothing answers.
    if (error.code === 1 || error.code === 2) return false;
    throw error;
  }
}
