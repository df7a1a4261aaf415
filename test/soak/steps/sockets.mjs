// Sockets and pipes, by libc through koffi and ffi-rs, and HTTP by libcurl.
import { spawn } from 'greenify';
import { libc, hiredis } from '../../fixtures/scripts/patches/libraries.mjs';
import { check, join, orVanished, Vanished, WrongResult } from '../outcome.mjs';

const modes = ['answer', 'late', 'drip', 'part', 'close', 'reset', 'silent'];
const POLLIN = 1;

/** All that comes until the end, or as far as it came. */
function receiveAll(c, fd) {
  const buffer = Buffer.alloc(256);
  let text = '';
  for (;;) {
    const size = Number(c.recv(fd, buffer, buffer.length, 0));
    if (size <= 0) return { text, isWhole: size === 0 };
    text += buffer.toString('utf8', 0, size);
  }
}

function ask(c, fd, mode, id) {
  const line = Buffer.from(`${mode} ${id}\n`);
  if (Number(c.write(fd, line, line.length)) !== line.length) throw new Vanished('write');
}

/** Nothing comes, unless the peer ends. */
function waitForNothing(c, fd, ms) {
  const record = Buffer.alloc(8);
  record.writeInt32LE(fd, 0);
  record.writeInt16LE(POLLIN, 4);
  if (c.poll(record, 1, ms) !== 0) throw new Vanished('silent');
}

/** What is answered is right as far as it goes; where the peer does not mean to, it stops early only by its end. */
function checkAnswer(mode, { text, isWhole }, right) {
  if (!right.startsWith(text)) throw new WrongResult(`${mode}: ${JSON.stringify(text)}`);
  const isShort = ['part', 'close', 'reset'].includes(mode);
  if (!isShort && (text !== right || !isWhole)) throw new Vanished(`${mode} ended early`);
}

function socketStep({ koffi, peer }) {
  const c = libc(koffi);
  return ({ pick, below }) => {
    const mode = pick(modes);
    const id = below(1_000_000);
    const fd = orVanished(/^connect: /, () => c.connectTo(peer));
    try {
      ask(c, fd, mode, id);
      if (mode === 'silent') waitForNothing(c, fd, 50 + below(200));
      else checkAnswer(mode, receiveAll(c, fd), `answer ${id}\n`);
    } finally {
      c.close(fd);
    }
  };
}

/** Two green threads at the ends of a socket pair or a pipe. */
function pairStep({ koffi }) {
  const c = libc(koffi);
  return ({ below }) => {
    const ends = Buffer.alloc(8);
    const isPipe = below(2) === 0;
    check(isPipe ? c.pipe(ends) : c.socketpair(1, 1, 0, ends), 0);
    const [reading, writing] = [ends.readInt32LE(0), ends.readInt32LE(4)];
    const message = Buffer.alloc(1 + below(100), 'x');
    const writer = spawn(() => {
      c.usleep(below(30_000));
      const size = c.write(writing, message, message.length);
      c.close(writing);
      return Number(size);
    });
    try {
      const buffer = Buffer.alloc(200);
      check(Number(c.read(reading, buffer, buffer.length)), message.length);
      check(buffer.toString('latin1', 0, message.length), message.toString('latin1'));
      check(join(writer), message.length);
    } finally {
      c.close(reading);
    }
  };
}

function redisStep({ koffi, redis }) {
  const library = hiredis(koffi);
  return ({ below }) => {
    const context = library.connect(redis);
    const key = `key-${below(100)}-${below(1_000_000)}`;
    try {
      check(library.command(context, 'SET %s %s', key, 'value'), 'OK');
      check(library.command(context, 'GET %s', key), 'value');
      check(library.command(context, 'DEL %s', key), 1);
      if (below(4) === 0) check(library.command(context, 'BLPOP missing 0.1'), null);
    } finally {
      library.free(context);
    }
  };
}

function curlStep({ nodeLibcurl, http }) {
  const { Easy, CurlCode } = nodeLibcurl;
  const ends = {
    part: [CurlCode.CURLE_PARTIAL_FILE, CurlCode.CURLE_RECV_ERROR, CurlCode.CURLE_GOT_NOTHING],
    close: [CurlCode.CURLE_GOT_NOTHING, CurlCode.CURLE_RECV_ERROR],
    reset: [CurlCode.CURLE_RECV_ERROR, CurlCode.CURLE_GOT_NOTHING],
    silent: [CurlCode.CURLE_OPERATION_TIMEDOUT],
  };
  return ({ pick, below }) => {
    const mode = pick(modes);
    const id = below(1_000_000);
    let body = '';
    const easy = new Easy();
    try {
      easy.setOpt('URL', `http://127.0.0.1:${http}/${mode}/${id}`);
      easy.setOpt('TIMEOUT_MS', mode === 'silent' ? 50 + below(200) : 20_000);
      easy.setOpt('WRITEFUNCTION', (data, size, count) => {
        body += data.toString();
        return size * count;
      });
      const code = easy.perform();
      const right = `answer ${id}\n`;
      if (!right.startsWith(body)) throw new WrongResult(`${mode}: ${JSON.stringify(body)}`);
      if (code === CurlCode.CURLE_OK) check(body, right);
      else if (!ends[mode]?.includes(code)) throw new Vanished(`${mode}: code ${code}`);
    } finally {
      easy.close();
    }
  };
}

function ffiStep({ ffiRs }) {
  const { DataType, load, open } = ffiRs;
  open({ library: 'libc', path: 'libc.so.6' });
  const call = (funcName, paramsType, paramsValue) =>
    load({ library: 'libc', funcName, retType: DataType.I32, paramsType, paramsValue });
  return ({ below }) => {
    check(call('usleep', [DataType.I32], [below(50_000)]), 0);
    const value = below(1_000_000) - 500_000;
    check(call('abs', [DataType.I32], [value]), Math.abs(value));
  };
}

export const socketSteps = {
  socket: socketStep,
  pair: pairStep,
  redis: redisStep,
  'node-libcurl': curlStep,
  'ffi-rs': ffiStep,
};
