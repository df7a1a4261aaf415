#!/usr/bin/env node
/** The same with pg, the driver in JavaScript, and an async handler; greenify has no part in it. */
import { requirePackage } from '../../test/support/packages.mjs';
import { ARTICLE, usage, USER } from '../lib/postgres.mjs';
import { announce, readOptions } from '../lib/server.mjs';

const fastify = requirePackage('fastify');
const { Pool } = requirePackage('pg');
const { database, connections, port } = readOptions('fastify-pg/async.mjs', usage);

const pool = new Pool({ connectionString: database, max: connections, min: connections });

const app = fastify();
app.get('/users/:id', async (request) => {
  const { rows } = await pool.query(USER, [request.params.id]);
  return rows[0];
});
app.get('/articles/:id', async (request, reply) => {
  const { rows } = await pool.query(ARTICLE, [request.params.id]);
  return reply.type('application/json').send(rows[0].article);
});

await app.listen({ port, host: '127.0.0.1' });
announce(app.server, '/users/7');
