/** What the example servers share: their options, and telling where they listen. */
import { parseArgs } from 'node:util';

const usage = (name) => `usage: ${name} [--database <url>] [--connections <n>] [--port <n>]

  --database <url>   a PostgreSQL connection string (default: what PGHOST and the like say)
  --connections <n>  database connections to open (default: 16)
  --port <n>         port on 127.0.0.1 (default: any free one)

  GET /users/7     asks the database for the user of that number, and answers in JSON
  GET /articles/7  the same for an article of 14 KB`;

export function readOptions(name) {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: '' },
      connections: { type: 'string', default: '16' },
      port: { type: 'string', default: '0' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage(name));
    process.exit();
  }
  const { database, connections, port } = values;
  return { database, connections: Number(connections), port: Number(port) };
}

export function announce(server) {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(`listening: ${url}/users/7`);
  process.send?.({ url });
}

// Started by a parent (the benchmark): end with it.
process.once('disconnect', () => process.exit());
