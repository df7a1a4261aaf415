import { type PackagePatch, registerPatch } from 'greenify';
import { describe, expect, it } from 'vitest';
import { findPatch, patches } from '../../dist/patches';

const patch: PackagePatch = {
  name: 'invented',
  versions: '^2.1.0',
  families: ['socket', 'sleep'],
  why: 'a test',
};

describe('registerPatch', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['nothing', undefined, /not an object/],
    ['no name', { ...patch, name: undefined }, /"name" must be a text/],
    ['no reason', { ...patch, why: '' }, /"why" must be a text/],
    ['no range', { ...patch, versions: 'newest' }, /"versions" must be a semver range/],
    ['an unknown family', { ...patch, families: ['sockets'] }, /"families" .* socket, sleep/],
    ['a family alone', { ...patch, families: 'socket' }, /"families" must be an array/],
    ['files that are none', { ...patch, files: [1] }, /"files" must be an array of names/],
    ['an object to include', { ...patch, objects: { include: 'lib' } }, /"objects.include"/],
    ['a flag that is none', { ...patch, objects: { ownThreadLocals: 1 } }, /"objects.own.*true or/],
    ['a wrap that is no function', { ...patch, wrap: {} }, /"wrap" must be a function/],
    ['methods that are none', { ...patch, serialise: [{}] }, /"serialise\[\]\.methods"/],
    ['one entry alone', { ...patch, serialise: { methods: [] } }, /"serialise" must be an array/],
  ];

  it.each(wrong)('refuses %s, and says what is wrong', (_what, value, message) => {
    const before = patches.length;
    expect(() => registerPatch(value as PackagePatch)).toThrow(message);
    expect(() => registerPatch(value as PackagePatch)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
    expect(patches).toHaveLength(before);
  });

  it('adds a patch for the versions it names', () => {
    registerPatch(patch);
    expect(findPatch('invented', '2.1.0')).toEqual({ patch, inRange: true });
    expect(findPatch('invented', '2.9.0-beta.1')).toEqual({ patch, inRange: true });
    expect(findPatch('invented', '3.0.0')).toEqual({ patch, inRange: false });
    expect(findPatch('invented', '')).toEqual({ patch, inRange: false });
    expect(findPatch('another', '2.1.0')).toBeUndefined();
  });

  it('prefers the patch that is for the very version, and then the one that came last', () => {
    const newer = { ...patch, versions: '^3.0.0' };
    const better = { ...patch, why: 'a better test' };
    registerPatch(newer);
    registerPatch(better);
    expect(findPatch('invented', '2.1.0')?.patch).toBe(better);
    expect(findPatch('invented', '3.0.0')?.patch).toBe(newer);
    expect(findPatch('invented', '1.0.0')).toEqual({ patch: better, inRange: false });
  });
});

describe('every patch that greenify has', () => {
  it('is of the shape that it asks of others', () => {
    for (const known of [...patches]) expect(() => registerPatch(known)).not.toThrow();
  });
});
