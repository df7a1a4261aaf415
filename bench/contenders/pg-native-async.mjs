/** pg-native's callback interface on each connection. */
import { promisify } from 'node:util';
import { requirePackage } from '../../test/support/packages.mjs';
import { STATEMENT, checkRows, readWorkload, runWorkload } from './workload.mjs';

const { connectionString, connections, queries } = readWorkload();
const Client = requirePackage('pg-native');

await runWorkload({
  connections,
  connect: async () => {
    const client = new Client();
    await promisify(client.connect).call(client, connectionString);
    return client;
  },
  work: (client) =>
    new Promise((resolve, reject) => {
      let left = queries;
      const onAnswer = (error, rows) => {
        if (error) return reject(error);
        checkRows(rows);
        left -= 1;
        if (left === 0) return resolve();
        client.query(STATEMENT, onAnswer);
      };
      client.query(STATEMENT, onAnswer);
    }),
  disconnect: (client) => client.end(),
});
