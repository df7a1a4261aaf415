#!/usr/bin/env node
/** Fastify with a plain handler that asks PostgreSQL by pg-native's blocking `querySync`. */
import { monkeyPatch } from 'greenify';
import { requirePackage } from '../../test/support/packages.mjs';
import { userPage } from '../lib/blocking-user-page.mjs';
import { BlockingPool } from '../lib/blocking-pool.mjs';
import { usage } from '../lib/postgres.mjs';
import { announce, readOptions } from '../lib/server.mjs';

const fastify = requirePackage('fastify');
const { database, connections, port } = readOptions('fastify-pg/green.mjs', usage);

monkeyPatch(); // addons wait cooperatively, and each request is a green thread
const pool = await BlockingPool.open(database, connections);

const app = fastify();
app.get('/users/:id', (request, reply) => {
  reply.send(userPage(pool, request.params.id));
});

await app.listen({ port, host: '127.0.0.1' });
announce(app.server, '/users/7');
