#!/usr/bin/env node
/** The same with pg, the driver in JavaScript, and an async handler; greenify has no part in it. */
import { requirePackage } from '../../test/support/packages.mjs';
import { userPage } from '../lib/async-user-page.mjs';
import { usage } from '../lib/postgres.mjs';
import { announce, readOptions } from '../lib/server.mjs';

const express = requirePackage('express');
const { Pool } = requirePackage('pg');
const { database, connections, port } = readOptions('express-pg/async.mjs', usage);

const pool = new Pool({ connectionString: database, max: connections, min: connections });

const app = express();
app.get('/users/:id', async (request, response) => {
  response.json(await userPage(pool, request.params.id));
});

const server = app.listen(port, '127.0.0.1', () => announce(server, '/users/7'));
