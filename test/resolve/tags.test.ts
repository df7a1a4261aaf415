import { describe, expect, it } from 'vitest';
import { byPreference, type Machine, mismatch, tagsOf } from '../../dist/resolve/tags.js';

const machine: Machine = {
  platform: 'linux',
  arch: 'x64',
  libc: 'glibc',
  abi: '127',
  napi: 10,
  uv: '1',
};

const reasonFor = (path: string): string | undefined => mismatch(tagsOf(path), machine);

describe('the name of an addon says what it is for', () => {
  it.each([
    ['node-gyp', 'build/Release/addon.node'],
    ['node-gyp-build', 'prebuilds/linux-x64/node.napi.glibc.node'],
    ['node-gyp-build, ABI', 'prebuilds/linux-x64/node.abi127.node'],
    ['prebuildify, several architectures', 'prebuilds/linux-x64+arm64/node.napi.node'],
    ['a package called node-lmdb', 'prebuilds/linux-x64/node-lmdb.glibc.node'],
    ['node-pre-gyp', 'lib/binding/napi-v6-linux-glibc-x64/argon2.node'],
    ['node-pre-gyp, ABI', 'lib/binding/node-v127-linux-x64/canvas.node'],
    ['napi-rs', 'ffi-rs.linux-x64-gnu.node'],
    ['Neon', 'dist/x86_64-unknown-linux-gnu/index.node'],
    ['koffi', 'build/koffi/linux_x64/koffi.node'],
    ['sharp', 'lib/sharp-linux-x64-0.35.5.node'],
  ])('this machine: %s', (_, path) => {
    expect(reasonFor(path)).toBeUndefined();
  });

  it.each([
    ['prebuilds/darwin-x64+arm64/node.napi.node', 'is for darwin'],
    ['prebuilds/linux-arm64/node.armv8.node', 'is for arm64, this process is x64'],
    ['prebuilds/linux-x64/bcrypt.musl.node', 'is for musl, this process has glibc'],
    ['prebuilds/linux-x64/node.abi115.node', 'is for Node ABI 115, this is 127'],
    ['prebuilds/linux-x64/electron.abi98.node', 'is for electron'],
    ['prebuilds/linux-x64/node.uv2.node', 'is for libuv 2'],
    ['lib/binding/napi-v99-linux-x64/argon2.node', 'needs Node-API 99, not 10'],
    ['lib/binding/node-v115-linux-x64/canvas.node', 'is for Node ABI 115, this is 127'],
    ['x.win32-x64-msvc.node', 'is for win32'],
    ['build/koffi/musl_x64/koffi.node', 'is for musl, this process has glibc'],
    ['build/koffi/openbsd_ia32/koffi.node', 'is for openbsd'],
    ['x.linux-arm-gnueabihf.node', 'is for arm, this process is x64'],
  ])('others: %s %s', (path, reason) => {
    expect(reasonFor(path)).toBe(reason);
  });

  it('and which of several variants loaders take', () => {
    const paths = [
      'prebuilds/linux-x64/node.napi.node',
      'prebuilds/linux-x64/bcrypt.glibc.node',
      'prebuilds/linux-x64/node.abi127.node',
      'prebuilds/linux-x64/node.napi.glibc.node',
    ];
    const order = [...paths].sort((a, b) => byPreference(tagsOf(a), tagsOf(b)));
    expect(order).toEqual([paths[2], paths[3], paths[0], paths[1]]);
  });
});
