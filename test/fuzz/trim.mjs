// Real shared libraries, cut down: a fuzzer changes a small file more often, and in more telling places.

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;
const LOAD = 1;
const EXECUTABLE = 1;
/** Of a segment of code that holds nothing else. */
const KEPT_CODE = 256;

function readProgramHeader(file, at) {
  return {
    type: file.readUInt32LE(at),
    flags: file.readUInt32LE(at + 4),
    offset: Number(file.readBigUInt64LE(at + 8)),
    address: Number(file.readBigUInt64LE(at + 16)),
    size: Number(file.readBigUInt64LE(at + 32)),
  };
}

/** Where the program headers lie, elf(5). */
function programHeaderOffsets(file) {
  const table = Number(file.readBigUInt64LE(32));
  const count = file.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => table + index * PROGRAM_HEADER_SIZE);
}

/** Of 64 bits. */
const isElf = (file) =>
  file.length > HEADER_SIZE && file.readUInt32BE(0) === 0x7f454c46 && file[4] === 2;

/** Behind `offset`, with the same place within 8 bytes as `like`: tables stay aligned. */
const aligned = (offset, like) => offset + ((like - offset) & 7);

/**
 * The segments of a library one behind the other, without what a page is filled up with, without
 * most of its code and without section headers. undefined for what is no library of this kind.
 */
export function trim(file) {
  if (!isElf(file)) return undefined;
  const headers = programHeaderOffsets(file).map((at) => ({ at, ...readProgramHeader(file, at) }));
  const loads = headers.filter(({ type }) => type === LOAD);
  // The first holds the headers, which are changed below, and most tables.
  if (loads[0]?.offset !== 0) return undefined;
  const parts = [];
  let end = 0;
  for (const load of loads) {
    const isCode = (load.flags & EXECUTABLE) !== 0 && load !== loads[0];
    load.kept = isCode ? Math.min(load.size, KEPT_CODE) : load.size;
    load.moved = aligned(end, load.offset);
    parts.push(Buffer.alloc(load.moved - end), file.subarray(load.offset, load.offset + load.kept));
    end = load.moved + load.kept;
  }
  const trimmed = Buffer.concat(parts);
  trimmed.writeBigUInt64LE(0n, 40); // e_shoff
  trimmed.writeUInt32LE(0, 60); // e_shnum, e_shstrndx
  for (const header of headers) {
    const load = loads.find(
      ({ address, size }) => header.address >= address && header.address < address + size,
    );
    if (load === undefined) continue;
    const offset = load.moved + (header.address - load.address);
    trimmed.writeBigUInt64LE(BigInt(offset), header.at + 8);
    if (header.type === LOAD) trimmed.writeBigUInt64LE(BigInt(load.kept), header.at + 32);
  }
  return trimmed;
}

/** The executable segments' bytes around each system call, as far as the search looks. */
export function pickCode(file, limit) {
  const found = [];
  for (const at of isElf(file) ? programHeaderOffsets(file) : []) {
    const { type, flags, offset, size } = readProgramHeader(file, at);
    if (type !== LOAD || (flags & EXECUTABLE) === 0) continue;
    const code = file.subarray(offset, offset + size);
    if (code.length > 0) found.push(code.subarray(0, 256));
    for (let hit = code.indexOf('\x0f\x05', 'latin1'); hit >= 0 && found.length < limit;) {
      found.push(code.subarray(Math.max(hit - 64, 0), hit + 64));
      hit = code.indexOf('\x0f\x05', hit + 2, 'latin1');
    }
  }
  return found;
}
