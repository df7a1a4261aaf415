import { dirname } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { librariesOf, libraryProblems } from '../../dist/resolve/libraries.js';
import { buildElfFixtures, elfFixture } from '../support/elf';
import {
  builtWithMusl,
  forOtherMachine,
  type Layout,
  makeLayout,
  replaced,
} from '../support/layout';

beforeAll(buildElfFixtures);

let layout: Layout | undefined;
afterEach(() => {
  layout?.remove();
  layout = undefined;
});

const chain = (name: string): { copy: string } => ({ copy: elfFixture(`chain_${name}`) });

describe('the libraries of an addon', () => {
  it('are found through $ORIGIN, each once, with who asked first', () => {
    const libraries = librariesOf(elfFixture('chain_a'));
    const found = libraries.map(({ soname, path, reason }) => [soname, path !== undefined, reason]);
    expect(found).toEqual([
      ['libchain_b.so.1', true, undefined],
      ['libchain_c.so.1', true, undefined],
      ['libc.so.6', true, undefined],
      ['libchain_d.so', true, undefined],
    ]);
    expect(libraries[0]).toMatchObject({
      path: elfFixture('chain_b'),
      neededBy: elfFixture('chain_a'),
    });
    expect(libraries[3]?.neededBy).toBe(elfFixture('chain_b'));
  });

  it('that are missing are named with the places that were looked in', () => {
    layout = makeLayout({ 'lib/a.so': chain('a'), 'lib/libchain_b.so.1': chain('b') });
    const libraries = librariesOf(layout.path('lib/a.so'));
    const missing = libraries.filter(({ reason }) => reason !== undefined);
    expect(missing.map(({ soname }) => soname)).toEqual(['libchain_c.so.1', 'libchain_d.so']);
    expect(missing[0]).not.toHaveProperty('path');
    expect(missing[0]?.reason).toContain('is missing: looked in ');
    expect(missing[0]?.reason).toContain(layout.path('lib'));
    expect(missing[0]?.reason).toContain('/etc/ld.so.cache');
    expect(missing[1]?.neededBy).toBe(layout.path('lib/libchain_b.so.1'));
    expect(libraryProblems(libraries)).toEqual([
      expect.stringMatching(/^libchain_c\.so\.1 \(needed by .*\/lib\/a\.so\) is missing: /),
      expect.stringMatching(/^libchain_d\.so \(needed by .*\/libchain_b\.so\.1\) is missing: /),
    ]);
  });

  it('for another machine are passed over, and named where there is no other', () => {
    const other = forOtherMachine(elfFixture('chain_b'));
    const others = { 'lib/libchain_c.so.1': chain('c'), 'lib/libchain_d.so': chain('d') };
    layout = makeLayout({ 'lib/a.so': chain('a'), 'lib/libchain_b.so.1': other, ...others });
    const [library] = librariesOf(layout.path('lib/a.so'));
    expect(library?.reason).toMatch(/is for machine \d+ \(e_machine\)/);
  });

  it('of musl are told apart', () => {
    layout = makeLayout({ 'a.so': builtWithMusl(elfFixture('full_relro')) });
    const [library] = librariesOf(layout.path('a.so'));
    expect(library?.reason).toContain('musl');
  });

  it('that are too old are named with the version that they lack', () => {
    const newer = replaced(elfFixture('full_relro'), 'GLIBC_2.2.5', 'GLIBC_9.9.9');
    layout = makeLayout({ 'a.so': newer });
    const libc = librariesOf(layout.path('a.so')).find(({ soname }) => soname === 'libc.so.6');
    expect(libc?.reason).toMatch(/is too old: .*libc\.so\.6 has no GLIBC_9\.9\.9/);
  });

  it('are not looked for where the addon itself is none', () => {
    layout = makeLayout({ 'text.node': 'no ELF file' });
    expect(() => librariesOf(layout?.path('text.node') ?? '')).toThrow(
      expect.objectContaining({ code: 'ERR_GREENIFY_ELF_NOT_ELF' }),
    );
    expect(() => librariesOf('/no/such/addon.node')).toThrow(
      expect.objectContaining({ code: 'ERR_GREENIFY_ELF_OPEN_FAILED' }),
    );
  });

  it('are complete for a library of the system', () => {
    const libraries = librariesOf('/usr/lib/x86_64-linux-gnu/libpq.so.5');
    expect(libraries.filter(({ reason }) => reason !== undefined)).toEqual([]);
    expect(libraries.map(({ soname }) => soname)).toContain('libssl.so.3');
    expect(dirname(libraries[0]?.path ?? '')).toContain('/lib/');
  });
});
