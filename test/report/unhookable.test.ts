import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObjectReport } from 'greenify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommonJs, runNode } from '../support/child';
import { buildElfFixtures, elfFixture } from '../support/elf';
import { fixturePath } from '../support/fixtures';

const directory = mkdtempSync(join(tmpdir(), 'greenify-report-'));
beforeAll(buildElfFixtures);
afterAll(() => rmSync(directory, { recursive: true }));

/** What code prints as JSON, in which `g` is greenify and `loader` opens libraries. */
async function printed<T>(code: string): Promise<T & { stderr: string }> {
  const ended = await runCommonJs(`
    const g = require('greenify');
    const loader = require(${JSON.stringify(fixturePath('loader'))});
    console.log(JSON.stringify((() => { ${code} })()));`);
  expect(ended).toMatchObject({ code: 0, signal: null });
  return { ...(JSON.parse(ended.stdout) as T), stderr: ended.stderr };
}

type Reports = Record<string, ObjectReport>;

const loadedNames = [
  'full_relro',
  'fortified',
  'raw',
  'static',
  'runtime',
  'note',
  'inside',
  'edges',
];
let loaded: Reports;
let examined: Reports;

async function examine(paths: Record<string, string>): Promise<Reports> {
  const { stdout } = await runNode([
    'dist/cli/main.js',
    'doctor',
    '--json',
    ...Object.values(paths),
  ]);
  const { packages } = JSON.parse(stdout) as { packages: { objects: ObjectReport[] }[] };
  return Object.fromEntries(
    Object.keys(paths).map((name, index) => [name, packages[index]!.objects[0]!]),
  );
}

beforeAll(async () => {
  const paths = Object.fromEntries(loadedNames.map((name) => [name, elfFixture(name)]));
  loaded = await printed<Reports>(`
    const paths = Object.entries(${JSON.stringify(paths)});
    return Object.fromEntries(paths.map(([name, path]) => [name, g.patchLib(path, { socket: true })]));`);
  examined = await examine(paths);
});

/** The reasons of an object, each with its functions and whether it waits for certain. */
const reasons = (report: ObjectReport | undefined): unknown[] =>
  (report?.unhookable ?? []).map(({ reason, functions, waits }) => [reason, functions, waits]);

describe.each([
  ['patchLib(), of what is loaded', () => loaded],
  ['greenify doctor, of files', () => examined],
])('the report of %s', (_of, reports) => {
  it.each<[name: string, what: string, expected: unknown[]]>([
    ['full_relro', 'nothing where all can be redirected', []],
    ['raw', 'raw system calls', [['raw-system-call', ['read', 'poll'], true]]],
    [
      'static',
      'static objects',
      [
        ['raw-system-call', ['read', 'poll'], true],
        ['static', [], true],
      ],
    ],
    ['runtime', 'runtimes that check stack bounds, by their symbols', [['stack-bounds', [], true]]],
    ['note', 'runtimes that check stack bounds, by their notes', [['stack-bounds', [], true]]],
    [
      'inside',
      'functions that wait inside libc',
      [
        ['inside-libc', ['getpass'], true],
        ['inside-libc', ['glob'], false],
      ],
    ],
  ])('of lib%s names %s', (name, _what, expected) => {
    const sorted = (list: unknown[]): string[] => list.map((item) => JSON.stringify(item)).sort();
    expect(sorted(reasons(reports()[name]))).toEqual(sorted(expected));
  });

  it('says for each reason why it is so, and what to do', () => {
    const all = Object.values(reports()).flatMap((report) => report.unhookable ?? []);
    expect(all.length).toBeGreaterThan(5);
    for (const { why, advice } of all) {
      expect(why).toMatch(/\w{3}/);
      expect(advice).toMatch(/\w+ \w+ \w+/);
    }
  });

  it('names the functions of the families that an object does not import, by any name', () => {
    const { full_relro: plain, fortified } = reports();
    expect(plain?.absent).toEqual(expect.arrayContaining(['connect', 'recv', 'getaddrinfo']));
    expect(plain?.absent).not.toContain('read');
    expect(plain?.absent).not.toContain('poll');
    expect(fortified?.functions.map(({ name }) => name)).toContain('__recv_chk');
    expect(fortified?.absent).not.toContain('recv');
    expect(fortified?.absent).toContain('send');
  });
});

describe('the report of what is loaded', () => {
  it('names slots that cannot be written in one step', () => {
    expect(loaded['edges']?.unaligned).toEqual(['read']);
    expect(reasons(loaded['edges'])).toEqual([['unaligned', ['read'], true]]);
  });

  it('leaves out what belongs to families that nobody has asked for', () => {
    expect(loaded['full_relro']?.absent).not.toContain('usleep');
    expect(loaded['full_relro']?.absent).toContain('pthread_mutex_lock');
  });

  it('says of libraries that look functions up by name whether they may have done so before', async () => {
    const { early, late } = await printed<{ early: string[]; late: string[] }>(`
      const of = (path) => g.monkeyPatch().objects
        .find((object) => object.path === path).unhookable.map(({ reason }) => reason);
      const early = of(${JSON.stringify(fixturePath('loader'))});
      process.dlopen({ exports: {} }, ${JSON.stringify(fixturePath('calls'))});
      return { early, late: of(${JSON.stringify(fixturePath('calls'))}) };`);
    expect(early).toContain('looked-up-early');
    expect(late).not.toContain('looked-up-early');
  });

  it('names all other objects, and what is left alone by which rule', async () => {
    const { others } = await printed<{ others: ObjectReport[] }>('return g.monkeyPatch();');
    const whyOf = (path: RegExp): string | undefined =>
      others
        .find((object) => path.test(object.path))
        ?.unhookable.filter(({ reason }) => reason === 'left-alone')
        .map(({ why }) => why)[0];
    expect(whyOf(/\/libc\.so/)).toContain('its functions are redirected whole');
    expect(whyOf(/\/greenify\.node$/)).toBe('greenify itself');
    expect(whyOf(/\/node$/)).toContain('allow-list');
    const node = others.find(({ path }) => path === process.execPath);
    expect(node?.functions.map(({ name }) => name)).toContain('read');
  });

  it('looks into a file when somebody asks, and says if it is gone then', async () => {
    const path = join(directory, 'libgone.so');
    copyFileSync(elfFixture('full_relro'), path);
    const report = await printed<ObjectReport>(`
      loader.open(${JSON.stringify(path)});
      const report = g.monkeyPatch().objects.find(({ path }) => path.includes('libgone'));
      require('node:fs').rmSync(${JSON.stringify(path)});
      return report;`);
    expect(report.functions.map(({ name }) => name)).toContain('read');
    expect(reasons(report)).toEqual([['unreadable', [], false]]);
  });
});

describe('an object whose pages cannot be made writable', () => {
  const path = JSON.stringify(elfFixture('sealed'));

  it('stays as it is, while all others are redirected: a warning and the report say so', async () => {
    const { sealed, patched, stderr } = await printed<{ sealed: ObjectReport; patched: boolean }>(`
      const handle = loader.open(${path});
      if (loader.call(handle, 'fixture_seal') !== 0) throw new Error('no seccomp');
      const { objects, others } = g.monkeyPatch({ socket: true });
      return {
        sealed: others.find((object) => object.path === ${path}),
        patched: objects.some((object) => object.path === ${JSON.stringify(fixturePath('loader'))}),
      };`);
    expect(patched).toBe(true);
    expect(sealed).toMatchObject({
      functions: [],
      unhookable: [{ reason: 'not-writable', waits: true }],
    });
    expect(sealed.unhookable[0]?.why).toContain('libsealed.so: ');
    expect(stderr).toMatch(/\[GREENIFY_NOT_WRITABLE\] GreenifyWarning: .*libsealed\.so: /);
  });

  it('makes patchLib() throw, as it is asked for that one', async () => {
    const { code, errno } = await printed<{ code: string; errno: number }>(`
      loader.call(loader.open(${path}), 'fixture_seal');
      try { g.patchLib(${path}); } catch ({ code, errno }) { return { code, errno }; }`);
    expect({ code, errno }).toEqual({ code: 'ERR_GREENIFY_ELF_PROTECT_FAILED', errno: 13 });
  });
});
