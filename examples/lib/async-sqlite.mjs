/** sqlite3, whose functions take callbacks, with promises. */
import { once } from 'node:events';
import { promisify } from 'node:util';
import { requirePackage } from '../../test/support/packages.mjs';
import { SCHEMA, TIMEOUT_MS } from './sqlite.mjs';

const { Database } = requirePackage('sqlite3');

export class AsyncDatabase {
  #database;

  constructor(database) {
    this.#database = database;
  }

  static async open(file) {
    const database = new Database(file);
    await once(database, 'open');
    database.configure('busyTimeout', TIMEOUT_MS);
    await promisify(database.exec.bind(database))(SCHEMA);
    return new AsyncDatabase(database);
  }

  /** A function that runs the statement and resolves with its rows. */
  prepare(sql) {
    return new Promise((resolve, reject) => {
      const statement = this.#database.prepare(sql, (error) =>
        error ? reject(error) : resolve(promisify(statement.all.bind(statement))),
      );
    });
  }
}
