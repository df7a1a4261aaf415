// A server of which one cannot be sure, in a process of its own: the first word that a client says, or the path that
// it asks for, is what it gets. Started anew on the same ports each time it is killed.
//
// usage: peer.mjs <port> <port for HTTP>
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';

const [port, httpPort] = process.argv.slice(2).map(Number);

const ignore = () => {};
/** Its parent's end is its own. */
process.stdin.resume().on('end', () => process.exit());
/** Not in the middle of a header: libcurl takes what has no body for an empty one. */
const cut = -4;
const later = (ms, action) => setTimeout(action, Math.random() * ms);

/** By mode: what happens to a connection, and to `text`, which is the right answer. */
const behaviours = {
  answer: (socket, text) => socket.end(text),
  late: (socket, text) => later(150, () => socket.end(text)),
  drip(socket, text) {
    socket.write(text.slice(0, cut));
    later(60, () => socket.end(text.slice(cut)));
  },
  part: (socket, text) => socket.write(text.slice(0, cut), () => socket.destroy()),
  close: (socket) => socket.destroy(),
  reset: (socket) => socket.resetAndDestroy(),
  silent: ignore,
};

createServer((socket) => {
  socket.on('error', ignore);
  socket.once('data', (line) => {
    const [mode, id] = String(line).trim().split(' ');
    behaviours[mode](socket, `answer ${id}\n`);
  });
}).listen(port, '127.0.0.1');

createHttpServer((request, response) => {
  const [, mode, id] = request.url.split('/');
  const text = `answer ${id}\n`;
  const { socket } = response;
  socket.on('error', ignore);
  const answer = `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\nConnection: close\r\n\r\n${text}`;
  behaviours[mode](socket, answer);
}).listen(httpPort, '127.0.0.1');
