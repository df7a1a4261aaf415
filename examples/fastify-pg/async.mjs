#!/usr/bin/env node
/** The same with pg, the driver in JavaScript, and an async handler; greenify has no part in it. */
import { requirePackage } from '../../test/support/packages.mjs';
import { userPage } from '../lib/async-user-page.mjs';
import { usage } from '../lib/postgres.mjs';
import { announce, readOptions } from '../lib/server.mjs';

const fastify = requirePackage('fastify');
const { Pool } = requirePackage('pg');
const { database, connections, port } = readOptions('fastify-pg/async.mjs', usage);

const pool = new Pool({ connectionString: database, max: connections, min: connections });

const app = fastify();
app.get('/users/:id', (request) => userPage(pool, request.params.id));

await app.listen({ port, host: '127.0.0.1' });
announce(app.server, '/users/7');
