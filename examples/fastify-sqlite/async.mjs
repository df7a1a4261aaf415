#!/usr/bin/env node
/** The same with sqlite3, the asynchronous driver, and an async handler; greenify has no part in it. */
import { requirePackage } from '../../test/support/packages.mjs';
import { AsyncDatabase } from '../lib/async-sqlite.mjs';
import { announce, readOptions } from '../lib/server.mjs';
import { usage, VISIT } from '../lib/sqlite.mjs';

const fastify = requirePackage('fastify');
const { database, port } = readOptions('fastify-sqlite/async.mjs', usage);

const connection = await AsyncDatabase.open(database);
const visit = await connection.prepare(VISIT);

const app = fastify();
app.get('/visits/:page', async (request) => {
  const [row] = await visit(request.params.page);
  return row;
});

await app.listen({ port, host: '127.0.0.1' });
announce(app.server, '/visits/7');
