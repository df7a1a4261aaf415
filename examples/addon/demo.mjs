/**
 * Three synchronous queries of a slow server, and a computation, in green threads: the event loop, on which that
 * server runs, goes on meanwhile. Called plainly, the first query would wait for ever.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { spawn } from 'greenify';
import client from './index.js';

const answerAfterMs = 500;
const server = createServer((socket) => {
  socket.on('data', (text) => {
    setTimeout(() => socket.end(`${text}, answered`), answerAfterMs);
  });
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const port = String(server.address().port);

let turns = 0;
const timer = setInterval(() => (turns += 1), 5);
const start = performance.now();
const answers = await Promise.all([
  ...['one', 'two', 'three'].map((text) => spawn(() => client.query('127.0.0.1', port, text))),
  spawn(() => client.digest(Buffer.alloc(1024, 'greenify'), 20_000)),
]);
const took = performance.now() - start;
clearInterval(timer);
server.close();

console.log(answers);
console.log(`side by side: ${took < 2.5 * answerAfterMs}`);
console.log(`the event loop went on: ${turns > 5}`);
