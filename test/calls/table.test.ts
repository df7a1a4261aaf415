import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { native } from '../../dist/native.js';
import { compare, declaredIn, type Row } from './behaviour';

const files = readdirSync(__dirname).filter((file) => file.endsWith('.test.ts'));
const declared = files.flatMap((file) =>
  declaredIn(file, readFileSync(join(__dirname, file), 'utf8')),
);
const rows = native.table() as Row[];

describe('the table of green calls', () => {
  it('has a test of each behaviour that it lists, and lists each that is tested', () => {
    expect(rows.length).toBeGreaterThan(150);
    expect(declared.length).toBeGreaterThan(300);
    expect(compare(rows, declared)).toEqual({ untested: [], unlisted: [] });
  });

  it('says of each function which manual page it follows', () => {
    expect(rows.filter(({ page }) => page === '')).toEqual([]);
  });

  it('has each function once, and other names only of functions that it has', () => {
    const names = rows.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const aliased = rows.flatMap(({ aliasOf }) => aliasOf ?? []);
    expect(names).toEqual(expect.arrayContaining(aliased));
  });

  it('has the fortified and 64-bit forms of what it has', () => {
    const names = new Set(rows.map(({ name }) => name));
    expect(exportedForms([...names]).filter((form) => !names.has(form))).toEqual([]);
  });
});

describe('greenify.h', () => {
  const directory = createRequire(import.meta.url)('greenify/include') as string;
  const texts = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));

  it('has green functions only of functions of the table, and none twice', () => {
    const defined = texts.flatMap((text) => [
      ...[...text.matchAll(/^GREENIFY_CALL\([^,]+,\s*(\w+),/gm)].map(([, name = '']) => name),
      ...[...text.matchAll(/^static inline \w+ green_(\w+)\(/gm)].map(([, name = '']) => name),
    ]);
    const functions = new Set(
      rows.filter(({ aliasOf }) => aliasOf === undefined).map(({ name }) => name),
    );
    expect(defined.length).toBeGreaterThan(100);
    expect(new Set(defined).size).toBe(defined.length);
    expect(defined.filter((name) => !functions.has(name))).toEqual([]);
  });
});

/** Which other forms of the functions libc exports; feature_test_macros(7), _LARGEFILE64_SOURCE. */
function exportedForms(names: readonly string[]): string[] {
  const forms = names.flatMap((name) => [
    ...[`${name}64`, `${name}64v2`, `__${name}`, `__${name}_2`, `__${name}64_2`],
    ...[`__${name}_chk`, `__${name}64`, `__${name}64_chk`],
  ]);
  const libc = /\S+\/libc\.so\.6/.exec(readFileSync('/proc/self/maps', 'utf8'))![0];
  const symbols = execFileSync('nm', ['-D', libc], { encoding: 'utf8' }).split('\n');
  const exported = symbols
    .filter((symbol) => !symbol.endsWith('@@GLIBC_PRIVATE'))
    .map((symbol) => symbol.replace(/^.* /, '').replace(/@.*/, ''));
  return forms.filter((form) => exported.includes(form));
}

describe('a planted mistake', () => {
  const planted: Row = { name: 'recv', page: 'recv(2)', behaviours: ['MSG_PEEK', 'MSG_PLANTED'] };
  const source = `
    const receivers = ['recv', 'recvfrom'] as const;
    behaviour(receivers, 'MSG_PEEK')('leaves the data', async () => {});`;

  it('in the table: a behaviour without a test', () => {
    expect(compare([...rows, planted], declared)).toEqual({
      untested: ['recv: MSG_PLANTED'],
      unlisted: [],
    });
  });

  it('in a test: a behaviour that is not in the table', () => {
    expect(compare([planted], declaredIn('planted.test.ts', source))).toEqual({
      untested: ['recv: MSG_PLANTED'],
      unlisted: ['recvfrom: MSG_PEEK'],
    });
  });

  it('in a declaration: one that cannot be read', () => {
    const unreadable = 'behaviour(Object.keys(functions), "MSG_PEEK")("…", () => {});';
    expect(() => declaredIn('planted.test.ts', unreadable)).toThrow(
      'Object.keys(functions): is no literal',
    );
  });

  it('in another name: one that behaves differently has to be tested by itself', () => {
    const alias = { ...planted, name: '__recv', aliasOf: 'recv' };
    const fortified = { ...alias, name: '__recv_chk', page: 'feature_test_macros(7)' };
    expect(compare([planted, alias, fortified], ['recv: MSG_PEEK', 'recv: MSG_PLANTED'])).toEqual({
      untested: ['__recv_chk: MSG_PEEK', '__recv_chk: MSG_PLANTED'],
      unlisted: [],
    });
  });
});
