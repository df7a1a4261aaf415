#!/usr/bin/env node
/** Express with a plain handler that writes by better-sqlite3, and waits while others do. */
import { monkeyPatch } from 'greenify';
import { requirePackage } from '../../test/support/packages.mjs';
import { announce, readOptions } from '../lib/server.mjs';
import { SCHEMA, TIMEOUT_MS, usage, VISIT } from '../lib/sqlite.mjs';

const express = requirePackage('express');
const Database = requirePackage('better-sqlite3');
const { database, port } = readOptions('express-sqlite/green.mjs', usage);

monkeyPatch({ socket: true, sleep: true, server: true }); // waits for locks, and requests, are green
const connection = new Database(database, { timeout: TIMEOUT_MS });
connection.exec(SCHEMA);
const visit = connection.prepare(VISIT);

const app = express();
app.get('/visits/:page', (request, response) => {
  response.json(visit.get(request.params.page));
});

const server = app.listen(port, '127.0.0.1', () => announce(server, '/visits/7'));
