import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cachedPaths, parseCache } from '../../dist/resolve/ld_cache.js';

interface CacheEntry {
  soname: string;
  path: string;
  flags?: number;
  hwcap?: bigint;
}

const x64 = 0x0303;

/** A cache as ldconfig writes it: header, entries, strings (struct cache_file_new). */
function makeCache(entries: CacheEntry[]): Buffer {
  const header = Buffer.alloc(48);
  header.write('glibc-ld.so.cache1.1');
  header.writeUInt32LE(entries.length, 20);
  const records = Buffer.alloc(entries.length * 24);
  let strings = '';
  const place = (text: string): number => {
    const at = header.length + records.length + strings.length;
    strings += `${text}\0`;
    return at;
  };
  for (const [index, { soname, path, flags = x64, hwcap = 0n }] of entries.entries()) {
    records.writeInt32LE(flags, index * 24);
    records.writeUInt32LE(place(soname), index * 24 + 4);
    records.writeUInt32LE(place(path), index * 24 + 8);
    records.writeBigUInt64LE(hwcap, index * 24 + 16);
  }
  return Buffer.concat([header, records, Buffer.from(strings)]);
}

describe('the cache of the dynamic linker', () => {
  it('gives the paths of a soname, those for newer processors last', () => {
    const cache = makeCache([
      { soname: 'liba.so.1', path: '/lib/glibc-hwcaps/x86-64-v3/liba.so.1', hwcap: 1n << 62n },
      { soname: 'liba.so.1', path: '/lib/liba.so.1' },
      { soname: 'libb.so', path: '/lib/libb.so' },
    ]);
    expect(Object.fromEntries(parseCache(cache, 'x64'))).toEqual({
      'liba.so.1': ['/lib/liba.so.1', '/lib/glibc-hwcaps/x86-64-v3/liba.so.1'],
      'libb.so': ['/lib/libb.so'],
    });
  });

  it('leaves out libraries for other kinds of processes', () => {
    const cache = makeCache([
      { soname: 'liba.so.1', path: '/lib32/liba.so.1', flags: 0x0003 },
      { soname: 'liba.so.1', path: '/libx32/liba.so.1', flags: 0x0803 },
    ]);
    expect(parseCache(cache, 'x64').size).toBe(0);
  });

  it('is read behind an older format, and not at all where it is spoilt', () => {
    const cache = makeCache([{ soname: 'liba.so.1', path: '/lib/liba.so.1' }]);
    const older = Buffer.concat([Buffer.from('ld.so-1.7.0\0'), Buffer.alloc(52), cache]);
    expect(parseCache(older, 'x64').get('liba.so.1')).toEqual(['/lib/liba.so.1']);
    expect(parseCache(Buffer.from('no cache'), 'x64').size).toBe(0);
    expect(parseCache(cache.subarray(0, 30), 'x64').size).toBe(0);
    const counted = Buffer.from(cache);
    counted.writeUInt32LE(0xffffffff, 20);
    expect(() => parseCache(counted, 'x64')).not.toThrow();
  });

  it('of this machine says what ldconfig says', () => {
    const printed = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
    const [, expected] = /\tlibc\.so\.6 .*=> (.*)/.exec(printed) ?? [];
    expect(cachedPaths('libc.so.6')).toContain(expected);
    expect(cachedPaths('libnothing.so.99')).toEqual([]);
  });
});
