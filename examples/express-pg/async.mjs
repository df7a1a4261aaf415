#!/usr/bin/env node
/** The same with pg, the driver in JavaScript, and an async handler; greenify has no part in it. */
import { requirePackage } from '../../test/support/packages.mjs';
import { ARTICLE, usage, USER } from '../lib/postgres.mjs';
import { announce, readOptions } from '../lib/server.mjs';

const express = requirePackage('express');
const { Pool } = requirePackage('pg');
const { database, connections, port } = readOptions('express-pg/async.mjs', usage);

const pool = new Pool({ connectionString: database, max: connections, min: connections });

const app = express();
app.get('/users/:id', async (request, response) => {
  const { rows } = await pool.query(USER, [request.params.id]);
  response.json(rows[0]);
});
app.get('/articles/:id', async (request, response) => {
  const { rows } = await pool.query(ARTICLE, [request.params.id]);
  response.type('json').send(rows[0].article);
});

const server = app.listen(port, '127.0.0.1', () => announce(server, '/users/7'));
