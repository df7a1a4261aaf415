#!/usr/bin/env node
/** The same with sqlite3, the asynchronous driver, and an async handler; greenify has no part in it. */
import { requirePackage } from '../../test/support/packages.mjs';
import { AsyncDatabase } from '../lib/async-sqlite.mjs';
import { announce, readOptions } from '../lib/server.mjs';
import { usage, VISIT } from '../lib/sqlite.mjs';

const express = requirePackage('express');
const { database, port } = readOptions('express-sqlite/async.mjs', usage);

const connection = await AsyncDatabase.open(database);
const visit = await connection.prepare(VISIT);

const app = express();
app.get('/visits/:page', async (request, response) => {
  const [row] = await visit(request.params.page);
  response.json(row);
});

const server = app.listen(port, '127.0.0.1', () => announce(server, '/visits/7'));
