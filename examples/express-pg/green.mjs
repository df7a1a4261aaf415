#!/usr/bin/env node
/** Express with a plain handler that asks PostgreSQL by pg-native's blocking `querySync`. */
import { monkeyPatch } from 'greenify';
import { requirePackage } from '../../test/support/packages.mjs';
import { userPage } from '../lib/blocking-user-page.mjs';
import { BlockingPool } from '../lib/blocking-pool.mjs';
import { usage } from '../lib/postgres.mjs';
import { announce, readOptions } from '../lib/server.mjs';

const express = requirePackage('express');
const { database, connections, port } = readOptions('express-pg/green.mjs', usage);

monkeyPatch(); // addons wait cooperatively, and each request is a green thread
const pool = await BlockingPool.open(database, connections);

const app = express();
app.get('/users/:id', (request, response) => {
  response.json(userPage(pool, request.params.id));
});

const server = app.listen(port, '127.0.0.1', () => announce(server, '/users/7'));
