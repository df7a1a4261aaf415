// Servers of databases, whose connections are lost in the middle of a query, and databases in files.
import { join as joinPath } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { await_, sleep, spawn } from 'greenify';
import { libmariadb, libpq } from '../../fixtures/scripts/patches/libraries.mjs';
import { openStore } from '../../fixtures/scripts/patches/shared-lock-stores.mjs';
import { check, join, orVanished, told, Vanished } from '../outcome.mjs';

/** What libmariadb says when the server goes away, or is not there. */
const mariadbGone =
  /Lost connection|gone away|Can't connect|shutdown in progress|killed|reading|TLS|Error in server handshake|closed/;
const postgresGone = /terminating connection|server closed|no connection/;

/** On a slow machine a query may be over before its connection is ended: then its answer counts. */
function checkEnded(outcome, gone, answer) {
  if (isDeepStrictEqual(outcome, answer)) throw new Vanished('too late to end the connection');
  check(gone.exec(outcome) === null ? outcome : 'ended', 'ended');
}

function mariadbStep({ koffi, mariadb: { port, authority } }) {
  const maria = libmariadb(koffi);
  const connect = (tls) => maria.connect({ port, tls });
  const queries = ({ below }) => {
    const [a, b] = [below(1000), below(1000)];
    return [
      [`select ${a} * ${b}, ${a} + ${b}`, [[String(a * b), String(a + b)]]],
      [`select ${a}, sleep(${b / 10_000})`, [[String(a), '0']]],
      [`select repeat('x', ${a})`, [['x'.repeat(a)]]],
    ];
  };
  /** One connection has the server end the other one in the middle of a query. */
  const kill = (client) => {
    const [[id]] = maria.query(client, 'select connection_id()');
    const waiting = spawn(() => told(() => maria.query(client, 'select sleep(3)')));
    let killer = null;
    try {
      killer = connect();
      maria.query(killer, `kill ${id}`);
    } finally {
      if (killer !== null) maria.close(killer);
      checkEnded(join(waiting), mariadbGone, [['0']]);
    }
  };
  return (random) =>
    orVanished(mariadbGone, () => {
      const client = connect(random.below(2) === 0 ? { authority } : undefined);
      try {
        for (const [text, right] of queries(random)) check(maria.query(client, text), right);
        if (random.below(8) === 0) kill(client);
      } finally {
        maria.close(client);
      }
    });
}

function libpqStep({ koffi, postgres }) {
  const library = libpq(koffi);
  /** As above: the connection is in use until the other thread has ended, however this one ends. */
  const terminate = (connection) => {
    const pid = library.query(connection, 'select pg_backend_pid()');
    const waiting = spawn(() => told(() => library.query(connection, 'select pg_sleep(3)')));
    let other = null;
    try {
      sleep(10);
      other = library.connect(postgres);
      check(library.query(other, `select pg_terminate_backend(${pid})`), 't');
    } finally {
      if (other !== null) library.finish(other);
      checkEnded(join(waiting), postgresGone, '');
    }
  };
  return ({ below }) => {
    const connection = library.connect(postgres);
    try {
      const [a, b] = [below(1000), below(1000)];
      check(library.query(connection, `select ${a} * ${b}`), String(a * b));
      check(library.query(connection, `select '${a}' || pg_sleep(${b / 10_000})`), String(a));
      if (below(8) === 0) terminate(connection);
    } finally {
      library.finish(connection);
    }
  };
}

function pgNativeStep({ pgNative: PgNative, postgres }) {
  return ({ below }) => {
    const client = new PgNative();
    try {
      client.connectSync(postgres);
      const value = below(1_000_000);
      check(client.querySync('select $1::int as a, pg_sleep(0.02)', [value])[0].a, value);
    } finally {
      await_(new Promise((resolve) => client.end(resolve)));
    }
  };
}

/** Two connections to a file each count one up, and wait for each other's locks. */
function sqliteStep(Database, file) {
  const setUp = new Database(file);
  setUp.pragma('journal_mode = wal');
  setUp.exec('create table if not exists counts (id integer primary key, count integer)');
  setUp.exec('insert or ignore into counts values (1, 0)');
  setUp.close();
  let counted = 0; // by all connections: the lock's holder alone looks at it
  return ({ below }) => {
    const database = new Database(file, { timeout: 20_000 });
    try {
      database.exec('begin immediate');
      database.exec('update counts set count = count + 1 where id = 1');
      const { count } = database.prepare('select count from counts where id = 1').get();
      sleep(below(4));
      check(count, counted + 1);
      counted = count;
      database.exec('commit');
    } finally {
      database.close();
    }
  };
}

function storeStep(name, directory, module) {
  const store = openStore(name, directory, module);
  let counted = store.read('counted');
  return ({ below }) =>
    store.write((read, put) => {
      const before = read('counted');
      if (below(2) === 0) sleep(below(4));
      check([before, read('counted')], [counted, counted]);
      put('counted', before + 1);
      counted += 1;
    });
}

export const databaseSteps = {
  libmariadb: mariadbStep,
  libpq: libpqStep,
  'pg-native': pgNativeStep,
  'better-sqlite3': ({ betterSqlite3, directory }) =>
    sqliteStep(betterSqlite3, joinPath(directory, 'better-sqlite3')),
  libsql: ({ libsql, directory }) => sqliteStep(libsql, joinPath(directory, 'libsql')),
  'fs-ext': ({ fsExt, directory }) => storeStep('fs-ext', directory, fsExt),
  lmdb: ({ lmdb, directory }) => storeStep('lmdb', joinPath(directory, 'lmdb'), lmdb),
};
