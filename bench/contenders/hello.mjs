/** An HTTP server that only answers; with --green each request runs in a green thread. */
import { createServer } from 'node:http';

if (process.argv.includes('--green')) {
  const { monkeyPatch } = await import('greenify');
  monkeyPatch();
}
const server = createServer((_request, response) => response.end('hello'));
server.listen(0, '127.0.0.1', () =>
  process.send({ url: `http://127.0.0.1:${server.address().port}` }),
);
process.once('disconnect', () => process.exit());
