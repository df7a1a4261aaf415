/** Buffered streams, stdio(3): how each function that reads or writes one is called. */
import { constants as fs, openSync, writeFileSync } from 'node:fs';
import { at, pointerAt, vaList } from './structures';
import * as ways from './ways';
import type { Call, Desk } from './ways';

/** A FILE*. */
export type Stream = number;

export interface Came {
  result: number;
  errno: number;
  text: string;
}

export const EOF = -1;
const NUL = '\0';
const untilNul = (buffer: Buffer): string => buffer.toString('latin1').split(NUL, 1)[0]!;
/** What a pointer says: whether there is one. */
const isThere = (pointer: number): number => (pointer === 0 ? 0 : 1);

async function readLine(call: Call, name: string, stream: Stream): Promise<Came> {
  const [line, room] = [Buffer.alloc(8), Buffer.alloc(8)];
  const end = name === 'getline' ? stream : '\n'.charCodeAt(0);
  const { result, errno } = await call(name, line, room, end, stream);
  return { result, errno, text: result > 0 ? at(pointerAt(line, 0), result).toString() : '' };
}

/** Reads what the function reads of "abc\n": all, "abc", or its first byte. */
export async function read(call: Call, name: string, stream: Stream): Promise<Came> {
  const buffer = Buffer.alloc(100);
  switch (name) {
    case 'getline':
    case 'getdelim':
      return readLine(call, name, stream);
    case 'fread': {
      const { result, errno } = await call(name, buffer, 1, 4, stream);
      return { result, errno, text: untilNul(buffer) };
    }
    case 'fgets': {
      const { result, errno } = await call(name, buffer, buffer.length, stream);
      return { result: isThere(result), errno, text: untilNul(buffer) };
    }
    case 'fscanf':
    case 'vfscanf': {
      const list = name === 'fscanf' ? buffer : vaList(buffer);
      const { result, errno } = await call(name, stream, ' %3s', list);
      return { result, errno, text: untilNul(buffer) };
    }
    default: {
      const { result, errno } = await call(name, stream);
      return { result, errno, text: '' };
    }
  }
}

/** Writes "ab\n" or, where the function writes one character or word, that. */
export async function write(
  call: Call,
  name: string,
  stream: Stream,
  text = 'ab\n',
): Promise<{ result: number; errno: number }> {
  const data = Buffer.from(`${text}${NUL}`);
  const first = data[0];
  switch (name) {
    case 'fwrite':
      return call(name, data, 1, text.length, stream);
    case 'fputs':
      return call(name, data, stream);
    case 'fputc':
      return call(name, first, stream);
    case 'putw':
      return call(name, data.readInt32LE(0), stream);
    default:
      return call(name, stream, '%s', name === 'fprintf' ? data : vaList(data));
  }
}

/** What write() writes. */
export const written: Record<string, string> = {
  ...{ fwrite: 'ab\n', fputs: 'ab\n', fputc: 'a', putw: 'ab\n\0', fprintf: 'ab\n' },
  vfprintf: 'ab\n',
};

const plainly = ways.originalCalls;

/** A stream on a descriptor, which it closes with itself: nobody else does. */
export function streamOn(fd: number, mode: string): Stream {
  return plainly['fdopen']!(fd, mode).result;
}

export const [BY_LINES, UNBUFFERED] = [1, 2];

export function setBuffering(stream: Stream, how: number, size = 0): void {
  plainly['setvbuf']!(stream, null, how, size);
}

/** A pipe of which one end is a stream. */
export function readingPipe(desk: Desk, flags = 0): { stream: Stream; to: number } {
  const [from, to] = desk.pipe(flags);
  return { stream: streamOn(from, 'r'), to };
}

/** The same for writing; the stream is to be closed. */
export function writingPipe(desk: Desk, flags = 0): { stream: Stream; from: number; to: number } {
  const [from, to] = desk.pipe(flags);
  desk.forget(to);
  return { stream: streamOn(to, 'w'), from, to };
}

export const PIPE_SIZE = 65_536;

/** The same without room for anything, until that has been taken out. */
export function fullPipe(desk: Desk): { stream: Stream; empty: () => Promise<string> } {
  const { stream, from, to } = writingPipe(desk);
  plainly['write']!(to, Buffer.alloc(PIPE_SIZE));
  /** Takes out what fills the pipe, and then everything until its end. */
  const empty = async (): Promise<string> => {
    await ways.drain(from, PIPE_SIZE);
    return (await ways.drain(from)).toString('latin1');
  };
  return { stream, empty };
}

export function newFile(contents: string): string {
  const path = ways.newPath();
  writeFileSync(path, contents);
  return path;
}

/** A stream on a file, and where that is. */
export function fileStream(contents: string, mode: string): { stream: Stream; path: string } {
  const path = newFile(contents);
  return { stream: streamOn(openSync(path, fs.O_RDWR), mode), path };
}
