import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A file of a layout: text, JSON, bytes, a copy of another file, or a link to another path of the layout. */
export type Entry = string | Buffer | { json: object } | { copy: string } | { link: string };

export interface Layout {
  /** The real path of the temporary directory. */
  root: string;
  path(below: string): string;
  remove(): void;
}

function write(root: string, path: string, entry: Entry): void {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof entry === 'string' || Buffer.isBuffer(entry)) writeFileSync(path, entry);
  else if ('json' in entry) writeFileSync(path, JSON.stringify(entry.json));
  else if ('copy' in entry) copyFileSync(entry.copy, path);
  else symlinkSync(join(root, entry.link), path);
}

/** Makes a small directory tree, such as installers of packages leave behind. */
export function makeLayout(files: Record<string, Entry>): Layout {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'greenify-layout-')));
  for (const [path, entry] of Object.entries(files)) write(root, join(root, path), entry);
  return {
    root,
    path: (below) => join(root, below),
    remove: () => rmSync(root, { recursive: true }),
  };
}

/** A file with all occurrences of a text or of bytes replaced by what is not longer, padded with zero bytes. */
export function replaced(file: string, from: string | Buffer, to: string | Buffer): Buffer {
  const bytes = readFileSync(file);
  const padded = Buffer.alloc(from.length);
  padded.set(Buffer.from(to));
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) {
    padded.copy(bytes, at);
  }
  return bytes;
}

/** An addon that asks for musl's C library, as those for Alpine do. */
export function builtWithMusl(addon: string): Buffer {
  return replaced(addon, 'libc.so.6', 'libc.so');
}

/** An ELF file of another machine: byte 18 is e_machine (elf.h), 183 is EM_AARCH64, 62 EM_X86_64. */
export function forOtherMachine(addon: string): Buffer {
  const bytes = readFileSync(addon);
  bytes.writeUInt16LE(process.arch === 'arm64' ? 62 : 183, 18);
  return bytes;
}

/**
 * An addon with a static constructor (NODE_MODULE), said to be for ABI 1. Its node::node_module (node.h) begins with
 * the version, no flags and no handle.
 */
export function forOtherAbi(addon: string): Buffer {
  const start = Buffer.alloc(16);
  start.writeUInt32LE(Number(process.versions.modules));
  return replaced(addon, start, Buffer.from([1]));
}
