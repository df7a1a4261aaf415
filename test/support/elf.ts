import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { target } from './target';

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = join(root, '.cache/fixtures/elf', `abi-${target}`);

/** Builds the libraries of test/fixtures/elf. */
export function buildElfFixtures(): void {
  const args = ['--silent', '-C', join(root, 'test/fixtures/elf'), `OUT=${directory}`, 'all'];
  execFileSync('make', args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** The path of lib<name>.so of test/fixtures/elf. */
export function elfFixture(name: string): string {
  return join(directory, `lib${name}.so`);
}

/** The lines of /proc/self/maps (proc_pid_maps(5)) that are about files, or about one file. */
export function fileMappings(path?: string): string[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => (path === undefined ? line.includes(' /') : line.endsWith(` ${path}`)));
}

/** What is mapped of a file: its lines of /proc/self/maps, and the bytes in memory behind each. */
export interface MappedBytes {
  mappings: string[];
  bytes: Buffer;
}

export function mappedBytes(path: string): MappedBytes {
  const mappings = fileMappings(path);
  const memory = openSync('/proc/self/mem', 'r');
  try {
    return { mappings, bytes: Buffer.concat(mappings.map((line) => readRange(memory, line))) };
  } finally {
    closeSync(memory);
  }
}

function readRange(memory: number, line: string): Buffer {
  const [, begin = '', end = ''] = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line) ?? [];
  const address = BigInt(`0x${begin}`);
  const bytes = Buffer.alloc(Number(BigInt(`0x${end}`) - address));
  readSync(memory, bytes, 0, bytes.length, address);
  return bytes;
}
