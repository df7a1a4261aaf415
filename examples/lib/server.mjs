/** What the example servers share: their options, and telling where they listen. */
import { parseArgs } from 'node:util';

/** `name` is the example's file, `usage` what --help says of its options and paths. */
export function readOptions(name, usage) {
  const { values } = parseArgs({
    options: {
      database: { type: 'string', default: '' },
      connections: { type: 'string', default: '16' },
      port: { type: 'string', default: '0' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(`usage: ${name} [options]\n\n${usage}`);
    process.exit();
  }
  const { database, connections, port } = values;
  return { database, connections: Number(connections), port: Number(port) };
}

/** `path` is one that can be asked for. */
export function announce(server, path) {
  const url = `http://127.0.0.1:${server.address().port}`;
  console.log(`listening: ${url}${path}`);
  process.send?.({ url });
}

// Started by a parent (the benchmark): end with it.
process.once('disconnect', () => process.exit());
