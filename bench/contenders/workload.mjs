/**
 * The workload each contender of bench/queries.mjs runs in a process of its own:
 * `node <contender>.mjs <connection string> <connections> <queries per connection>`, which prints
 * {"seconds": …}, the time from the first query to the last answer, connecting left out.
 */
import { performance } from 'node:perf_hooks';

export const STATEMENT = 'select 1 as one';

export function readWorkload() {
  const [connectionString, connections, queries] = process.argv.slice(2);
  return { connectionString, connections: Number(connections), queries: Number(queries) };
}

/** `connect` opens one client; `work(client)` sends its queries; `disconnect(client)` closes it. */
export async function runWorkload({ connections, connect, work, disconnect }) {
  const clients = await Promise.all(Array.from({ length: connections }, () => connect()));
  const started = performance.now();
  await Promise.all(clients.map((client) => work(client)));
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(clients.map((client) => disconnect(client)));
  console.log(JSON.stringify({ seconds }));
}

export function checkRows(rows) {
  if (rows.length !== 1 || Number(rows[0].one) !== 1) {
    throw new Error(`"${STATEMENT}" answered ${JSON.stringify(rows)}`);
  }
}
