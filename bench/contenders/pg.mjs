/** pg, the driver in pure JavaScript, on each connection. */
import { requirePackage } from '../../test/support/packages.mjs';
import { STATEMENT, checkRows, readWorkload, runWorkload } from './workload.mjs';

const { connectionString, connections, queries } = readWorkload();
const { Client } = requirePackage('pg');

await runWorkload({
  connections,
  connect: async () => {
    const client = new Client({ connectionString });
    await client.connect();
    return client;
  },
  work: async (client) => {
    for (let i = 0; i < queries; i += 1) checkRows((await client.query(STATEMENT)).rows);
  },
  disconnect: (client) => client.end(),
});
