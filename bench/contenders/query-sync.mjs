/** pg-native's blocking `querySync` on each connection: one after another, or with --green at once. */
import { requirePackage } from '../../test/support/packages.mjs';
import { STATEMENT, checkRows, readWorkload, runWorkload } from './workload.mjs';

const { connectionString, connections, queries } = readWorkload();
const cooperative = process.argv.includes('--green') ? await goGreen() : (fn) => fn;

async function goGreen() {
  const { async_, monkeyPatch } = await import('greenify');
  monkeyPatch({ socket: true, sleep: true });
  return async_;
}

const Client = requirePackage('pg-native');

await runWorkload({
  connections,
  connect: cooperative(() => {
    const client = new Client();
    client.connectSync(connectionString);
    return client;
  }),
  work: cooperative((client) => {
    for (let i = 0; i < queries; i += 1) checkRows(client.querySync(STATEMENT));
  }),
  disconnect: (client) => client.end(),
});
