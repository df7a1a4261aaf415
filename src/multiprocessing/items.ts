import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

import { GreenifyError } from '../errors';
import { native } from '../native';

/** Where the items lie: three numbers in a file of their own, which one write changes. */
export interface State {
  head: number;
  tail: number;
  count: number;
}

const stateSize = 24;
const headerSize = 8;
/** What was read is given back to the file system in steps. */
const step = 2 ** 20;

function readAll(fd: number, buffer: Buffer, position: number, path: string): void {
  for (let done = 0; done < buffer.length;) {
    const read = readSync(fd, buffer, done, buffer.length - done, position + done);
    if (read === 0) throw new GreenifyError('ERR_GREENIFY_GONE', `${path}: is cut off`, { path });
    done += read;
  }
}

function writeAll(fd: number, buffer: Buffer, position: number): void {
  for (let done = 0; done < buffer.length;) {
    done += writeSync(fd, buffer, done, buffer.length - done, position + done);
  }
}

/**
 * Items in a file, each behind its length, and a file that says which are there. An item is there from the moment on at
 * which that is written, and gone likewise: whoever dies on the way has done nothing. Its user holds a lock.
 */
export class Items {
  readonly #path: string;
  readonly #data: number;
  readonly #state: number;
  #closed = false;

  constructor(path: string, flags: 'r+' | 'wx+') {
    this.#path = path;
    this.#data = openSync(path, flags, 0o600);
    this.#state = openSync(`${path}.state`, flags, 0o600);
    if (flags === 'wx+') this.#write({ head: 0, tail: 0, count: 0 });
  }

  get state(): State {
    const buffer = Buffer.alloc(stateSize); // of its own: reading may suspend the thread
    readAll(this.#state, buffer, 0, this.#path);
    const [head, tail, count] = [0, 8, 16].map((at) => buffer.readDoubleLE(at));
    return { head, tail, count } as State;
  }

  #write({ head, tail, count }: State): void {
    const buffer = Buffer.alloc(stateSize);
    [head, tail, count].forEach((number, i) => buffer.writeDoubleLE(number, 8 * i));
    writeAll(this.#state, buffer, 0);
  }

  append(state: State, item: Buffer): void {
    const header = Buffer.alloc(headerSize);
    header.writeDoubleLE(item.length);
    writeAll(this.#data, header, state.tail);
    writeAll(this.#data, item, state.tail + headerSize);
    const tail = state.tail + headerSize + item.length;
    this.#write({ ...state, tail, count: state.count + 1 });
  }

  /** The first item, and the state without it. */
  first(state: State): { item: Buffer; rest: State } {
    const header = Buffer.alloc(headerSize);
    readAll(this.#data, header, state.head, this.#path);
    const item = Buffer.allocUnsafe(header.readDoubleLE());
    readAll(this.#data, item, state.head + headerSize, this.#path);
    const head = state.head + headerSize + item.length;
    return { item, rest: { ...state, head, count: state.count - 1 } };
  }

  /** Goes on without what is before `rest`. */
  forget(before: State, rest: State): void {
    if (rest.count === 0) {
      this.#write({ head: 0, tail: 0, count: 0 });
      ftruncateSync(this.#data);
      return;
    }
    this.#write(rest);
    const crossed = Math.floor(rest.head / step) > Math.floor(before.head / step);
    if (crossed) native.sharing.punch(this.#data, rest.head); // where that cannot be, it costs space
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const fd of [this.#data, this.#state]) closeSync(fd);
  }

  remove(): void {
    for (const path of [this.#path, `${this.#path}.state`]) rmSync(path, { force: true });
  }
}
