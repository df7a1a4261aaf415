/** Another process that writes to a SQLite database: holds its lock for 5 of every 50 ms. */
import { parseArgs } from 'node:util';
import { SCHEMA, TIMEOUT_MS } from '../../examples/lib/sqlite.mjs';
import { requirePackage } from '../../test/support/packages.mjs';

const Database = requirePackage('better-sqlite3');
const { values } = parseArgs({ options: { database: { type: 'string' } } });

const connection = new Database(values.database, { timeout: TIMEOUT_MS });
connection.exec(SCHEMA);
process.send('ready');

const cell = new Int32Array(new SharedArrayBuffer(4));
const pause = (milliseconds) => Atomics.wait(cell, 0, 0, milliseconds);
const hold = connection.transaction(() => pause(5));
for (;;) {
  hold.immediate();
  pause(45);
}
