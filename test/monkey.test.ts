import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMonkeyPatched, monkeyPatch, spawn } from 'greenify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommonJs } from './support/child';
import { fixturePath } from './support/fixtures';
import { requirePackage } from './support/packages.mjs';

interface Calls {
  usleep(microseconds: number): { result: number };
  read(fd: number, size: number): { result: number; data: Buffer };
}

const directory = mkdtempSync(join(tmpdir(), 'greenify-monkey-'));
afterAll(() => rmSync(directory, { recursive: true }));

let copies = 0;

/** A copy of calls.node that nobody has loaded. */
function freshAddon(): string {
  copies += 1;
  const path = join(directory, `calls-${copies}.node`);
  copyFileSync(fixturePath('calls'), path);
  return path;
}

const load = createRequire(import.meta.url) as (path: string) => Calls;
/** But for locks, which come with every family. */
const familiesOf = (path: string): string[] => {
  const object = monkeyPatch().objects.find((found) => found.path === path);
  const families = new Set(object?.functions.map(({ family }) => family));
  return [...families].filter((family) => family !== '' && family !== 'lock').sort();
};

describe('wrong arguments of monkeyPatch', () => {
  const wrong: [string, unknown][] = [
    ['an unknown key', { sockets: true }],
    ['an unknown key beside a known one', { socket: true, bogus: true }],
    ['a number as a value', { socket: 1 }],
    ['a string as a value', { sleep: 'yes' }],
    ['null', null],
    ['an array', ['socket']],
    ['a family', 'socket'],
    ['a number', 42],
    ['a function', () => undefined],
  ];

  // Before anything else in this file patches.
  it.each(wrong)('%s: a TypeError, and nothing is patched', (_what, options) => {
    const path = freshAddon();
    load(path);
    expect(() => monkeyPatch(options as object)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
    expect(isMonkeyPatched('socket')).toBe(false);
    expect(isMonkeyPatched('sleep')).toBe(false);
    expect(isMonkeyPatched(path)).toBe(false);
  });

  it('the message says which keys there are', () => {
    expect(() => monkeyPatch({ sockets: true } as object)).toThrow(/"sockets".*socket, sleep/);
  });
});

describe('monkeyPatch', () => {
  const early = freshAddon();
  let earlyCalls: Calls;

  beforeAll(() => {
    earlyCalls = load(early);
    expect(isMonkeyPatched(early)).toBe(false);
    monkeyPatch();
  });

  const isGreenIn = async (calls: Calls): Promise<void> => {
    let ticks = 0;
    const interval = setInterval(() => (ticks += 1), 5);
    const threads = Array.from({ length: 20 }, () => spawn(() => calls.usleep(100_000).result));
    // A call that blocks is over when spawn() returns, and the timer does not fire meanwhile.
    expect(threads.map(({ state }) => state)).toEqual(Array(20).fill('waiting'));
    expect(await Promise.all(threads)).toEqual(Array(20).fill(0));
    clearInterval(interval);
    expect(ticks).toBeGreaterThan(0);
  };

  it('makes addons green that were loaded before', async () => {
    expect(isMonkeyPatched(early)).toBe(true);
    await isGreenIn(earlyCalls);
  });

  it('makes addons green that are loaded later', async () => {
    const path = freshAddon();
    expect(isMonkeyPatched(path)).toBe(false);
    const calls = load(path);
    expect(isMonkeyPatched(path)).toBe(true);
    await isGreenIn(calls);
  });

  it('leaves calls outside green threads as they are', () => {
    const start = performance.now();
    expect(earlyCalls.usleep(20_000).result).toBe(0);
    expect(performance.now() - start).toBeGreaterThanOrEqual(20);
  });

  it('reports what it has redirected, object by object', () => {
    const report = monkeyPatch();
    expect(report.families).toEqual([
      'socket',
      'sleep',
      'file',
      'lock',
      'process',
      'stdlib',
      'server',
    ]);
    const object = report.objects.find(({ path }) => path === early);
    expect(object?.unaligned).toEqual([]);
    expect(object?.functions).toContainEqual({
      name: 'usleep',
      family: 'sleep',
      strategy: 'timer',
      slots: 1,
    });
    expect(report.objects.every(({ functions }) => functions.length > 0)).toBe(true);
    expect(report.objects.map(({ path }) => path).join()).not.toMatch(/libc\.so|greenify\.node/);
  });

  it('may be called again and again', () => {
    expect(monkeyPatch()).toEqual(monkeyPatch());
    expect(familiesOf(early)).toEqual(['file', 'process', 'sleep', 'socket']);
  });
});

describe('the families that are chosen', () => {
  const choose = async (...calls: string[]): Promise<string> => {
    const patches = calls.map((options) => `report = monkeyPatch(${options});`).join('\n');
    const ended = await runCommonJs(`
      const { isMonkeyPatched, monkeyPatch } = require('greenify');
      require(${JSON.stringify(fixturePath('calls'))});
      let report;
      ${patches}
      const functions = report.objects.flatMap((object) => object.functions);
      const families = new Set(functions.map(({ family }) => family));
      for (const always of ['', 'lock']) families.delete(always);
      console.log(report.families.join(), [...families].sort().join(),
        isMonkeyPatched('socket'), isMonkeyPatched('sleep'));
    `);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return ended.stdout.trim();
  };

  it('without an argument: all', async () => {
    const all = 'socket,sleep,file,lock,process,stdlib,server file,process,sleep,socket true true';
    expect(await choose('')).toBe(all);
    expect(await choose('{}')).toBe(all);
  });

  it('some true: only those', async () => {
    expect(await choose('{ sleep: true }')).toBe('sleep sleep false true');
    expect(await choose('{ socket: true, sleep: false }')).toBe('socket socket true false');
  });

  it('only falses: all but those', async () => {
    const rest = 'socket,file,lock,process,stdlib,server file,process,socket true false';
    expect(await choose('{ sleep: false }')).toBe(rest);
  });

  it('several calls add up', async () => {
    const both = 'socket,sleep sleep,socket true true';
    expect(await choose('{ sleep: true }', '{ socket: true }')).toBe(both);
  });
});

describe('isMonkeyPatched', () => {
  beforeAll(() => {
    monkeyPatch();
  });

  it('of a family', () => {
    expect(isMonkeyPatched('socket')).toBe(true);
    expect(isMonkeyPatched('sleep')).toBe(true);
    expect(isMonkeyPatched('stdlib')).toBe(true);
  });

  it('of a builtin module: whether functions of it wait, and have been replaced', () => {
    expect(['crypto', 'node:crypto', 'zlib', 'path'].map(isMonkeyPatched)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('of a package by name, and by what it exports', () => {
    expect(isMonkeyPatched('libpq')).toBe(false);
    const PgNative: unknown = requirePackage('pg-native');
    const Libpq: unknown = requirePackage('libpq');
    for (const subject of ['pg-native', 'libpq', PgNative, Libpq]) {
      expect(isMonkeyPatched(subject)).toBe(true);
    }
  });

  it('of packages without native addons, of unknown ones and of other objects: false', () => {
    const pg: unknown = requirePackage('pg/lib/defaults');
    for (const subject of ['pg-protocol', 'no-such-package', '', pg, {}, () => undefined]) {
      expect(isMonkeyPatched(subject)).toBe(false);
    }
  });

  it('of a library by path and by soname', () => {
    requirePackage('libpq');
    expect(isMonkeyPatched('libpq.so.5')).toBe(true);
    const libpq = monkeyPatch().objects.find(({ soname }) => soname === 'libpq.so.5');
    expect(isMonkeyPatched(libpq?.path)).toBe(true);
    expect(isMonkeyPatched('/no/such/library.so')).toBe(false);
    expect(isMonkeyPatched('libc.so.6')).toBe(false);
  });

  it.each([undefined, null, 1, true, Symbol('x')])('of %s: a TypeError', (subject) => {
    expect(() => isMonkeyPatched(subject)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
  });
});
