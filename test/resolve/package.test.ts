import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { packageOfFile, resolvePackage } from '../../dist/resolve/package.js';
import { buildElfFixtures, elfFixture } from '../support/elf';
import { fixturePath } from '../support/fixtures.js';
import {
  builtWithMusl,
  type Entry,
  forOtherAbi,
  forOtherMachine,
  type Layout,
  makeLayout,
} from '../support/layout';
import { packagesDirectory } from '../support/packages.mjs';

const addon: Entry = { copy: fixturePath('descriptors') };
const abi = process.versions.modules;
const here = `${process.platform}-${process.arch}`;

const manifest = (name: string, more: object = {}): Entry => ({
  json: { name, version: '1.2.3', ...more },
});

beforeAll(buildElfFixtures);

let layout: Layout;
afterEach(() => layout.remove());

/** The addons of `pkg`, relative to the project, of a project with these files. */
function addonsIn(files: Record<string, Entry>, subject = 'pkg'): string[] {
  layout = makeLayout(files);
  const { addons } = resolvePackage(subject, layout.root);
  return addons.map((path) => path.slice(layout.root.length + 1)).sort();
}

/** The same, for a package called `pkg` with these files below its directory. */
function addonsOfPkg(files: Record<string, Entry>, more: object = {}): string[] {
  const placed = Object.entries(files).map(([path, entry]) => [`node_modules/pkg/${path}`, entry]);
  const package_ = { 'node_modules/pkg/package.json': manifest('pkg', more) };
  const addons = addonsIn({
    ...package_,
    ...(Object.fromEntries(placed) as Record<string, Entry>),
  });
  return addons.map((path) => path.replace('node_modules/pkg/', ''));
}

function failureOf(subject: string | object, from = layout.root): Error & { code?: string } {
  try {
    resolvePackage(subject, from);
  } catch (error) {
    return error as Error;
  }
  throw new Error('resolved');
}

describe('addons in the layout of', () => {
  it('node-gyp and bindings: what was compiled, not what the compiler left beside it', () => {
    const files = {
      'build/Release/a.node': addon,
      'build/Release/b.node': addon,
      'build/Release/obj.target/a.node': addon,
      'build/Debug/a.node': addon,
      'src/native/build/Release/c.node': addon,
    };
    expect(addonsOfPkg(files)).toEqual([
      'build/Release/a.node',
      'build/Release/b.node',
      'src/native/build/Release/c.node',
    ]);
  });

  const prebuilds = {
    [`prebuilds/${here}/node.napi.node`]: addon,
    [`prebuilds/${here}/node.napi.glibc.node`]: addon,
    [`prebuilds/${here}/node.napi.musl.node`]: builtWithMusl(fixturePath('descriptors')),
    [`prebuilds/${here}/node.abi1.node`]: addon,
    [`prebuilds/${here}/pkg.glibc.node`]: addon,
    'prebuilds/win32-x64/node.napi.node': 'MZ',
    'prebuilds/linux-s390x/node.napi.node': forOtherMachine(fixturePath('descriptors')),
  };
  const nodeGypBuild = { dependencies: { 'node-gyp-build': '^4.0.0' } };

  it('node-gyp-build: the one variant that fits best', () => {
    const general = addonsOfPkg(prebuilds, nodeGypBuild);
    expect(general).toEqual([`prebuilds/${here}/node.napi.glibc.node`]);
    layout.remove();
    const exact = { ...prebuilds, [`prebuilds/${here}/node.abi${abi}.node`]: addon };
    expect(addonsOfPkg(exact, nodeGypBuild)).toEqual([`prebuilds/${here}/node.abi${abi}.node`]);
  });

  it('node-gyp-build: what was compiled before what was fetched', () => {
    const files = { ...prebuilds, 'build/Release/pkg.node': addon };
    expect(addonsOfPkg(files, nodeGypBuild)).toEqual(['build/Release/pkg.node']);
  });

  it('node-pre-gyp: by Node-API version, by ABI', () => {
    const files = {
      [`lib/binding/napi-v3-linux-glibc-${process.arch}/a.node`]: addon,
      [`lib/binding/napi-v6-linux-glibc-${process.arch}/a.node`]: addon,
      [`lib/binding/napi-v99-linux-glibc-${process.arch}/a.node`]: addon,
      [`lib/binding/node-v${abi}-${here}/b.node`]: addon,
      [`lib/binding/node-v1-${here}/b.node`]: addon,
    };
    expect(addonsOfPkg(files)).toEqual([
      `lib/binding/napi-v6-linux-glibc-${process.arch}/a.node`,
      `lib/binding/node-v${abi}-${here}/b.node`,
    ]);
  });

  it('koffi 2: a directory for each platform', () => {
    const system = here.replace('-', '_');
    const files = {
      [`build/koffi/${system}/koffi.node`]: addon,
      [`build/koffi/musl_${process.arch}/koffi.node`]: addon,
      'build/koffi/darwin_arm64/koffi.node': 'no ELF file',
    };
    expect(addonsOfPkg(files)).toEqual([`build/koffi/${system}/koffi.node`]);
  });

  it('napi-rs and libsql: a package for each platform, of which the musl one may be there too', () => {
    const names = [`@s/pkg-${here}-gnu`, `@s/pkg-${here}-musl`, '@s/pkg-darwin-arm64'];
    const files = {
      'node_modules/pkg/package.json': manifest('pkg', {
        optionalDependencies: Object.fromEntries(names.map((name) => [name, '1.0.0'])),
      }),
      [`node_modules/@s/pkg-${here}-gnu/package.json`]: manifest(`@s/pkg-${here}-gnu`),
      [`node_modules/@s/pkg-${here}-gnu/index.node`]: addon,
      [`node_modules/@s/pkg-${here}-musl/package.json`]: manifest(`@s/pkg-${here}-musl`),
      [`node_modules/@s/pkg-${here}-musl/index.node`]: addon,
    };
    expect(addonsIn(files)).toEqual([`node_modules/@s/pkg-${here}-gnu/index.node`]);
  });

  it('koffi 3 and lmdb: a package for each platform, with variants in it', () => {
    const part = `@s/pkg-${here}`;
    const files = {
      'node_modules/pkg/package.json': manifest('pkg', { optionalDependencies: { [part]: '1' } }),
      'node_modules/pkg/binding.gyp': '{}',
      [`node_modules/${part}/package.json`]: manifest(part, { os: ['linux'], cpu: process.arch }),
      [`node_modules/${part}/node.abi${abi}.glibc.node`]: addon,
      [`node_modules/${part}/node.napi.glibc.node`]: addon,
      [`node_modules/${part}/node.napi.musl.node`]: addon,
    };
    expect(addonsIn(files)).toEqual([`node_modules/${part}/node.abi${abi}.glibc.node`]);
  });

  it('pnpm, with two versions of one package: each project its own, by real path', () => {
    const store = 'node_modules/.pnpm';
    const version = (number: string): Record<string, Entry> => ({
      [`${store}/dep@${number}/node_modules/dep/package.json`]: manifest('dep', {
        version: number,
      }),
      [`${store}/dep@${number}/node_modules/dep/build/Release/a.node`]: addon,
    });
    layout = makeLayout({
      ...version('1.0.0'),
      ...version('2.0.0'),
      [`${store}/pkg@1.2.3/node_modules/pkg/package.json`]: manifest('pkg', {
        dependencies: { dep: '^2.0.0' },
      }),
      [`${store}/pkg@1.2.3/node_modules/dep`]: { link: `${store}/dep@2.0.0/node_modules/dep` },
      'node_modules/pkg': { link: `${store}/pkg@1.2.3/node_modules/pkg` },
      'node_modules/dep': { link: `${store}/dep@1.0.0/node_modules/dep` },
    });
    const at = (number: string): string =>
      layout.path(`${store}/dep@${number}/node_modules/dep/build/Release/a.node`);
    expect(resolvePackage('dep', layout.root)).toMatchObject({
      version: '1.0.0',
      addons: [at('1.0.0')],
    });
    expect(resolvePackage('pkg', layout.root).addons).toEqual([at('2.0.0')]);
  });

  it('a workspace: a linked package with an addon, and one that is hoisted', () => {
    const files = {
      'packages/native/package.json': manifest('@w/native'),
      'packages/native/build/Release/a.node': addon,
      'packages/app/package.json': manifest('pkg', {
        dependencies: { '@w/native': '*', hoisted: '*' },
      }),
      'node_modules/hoisted/package.json': manifest('hoisted'),
      'node_modules/hoisted/index.node': addon,
      'node_modules/@w/native': { link: 'packages/native' },
      'node_modules/pkg': { link: 'packages/app' },
    };
    expect(addonsIn(files)).toEqual([
      'node_modules/hoisted/index.node',
      'packages/native/build/Release/a.node',
    ]);
  });

  it('the real libpq, below pg-native', () => {
    layout = makeLayout({});
    const modules = packagesDirectory;
    const resolved = resolvePackage('pg-native', modules);
    expect(resolved).toMatchObject({ name: 'pg-native', directory: join(modules, 'pg-native') });
    expect(resolved.addons).toEqual([join(modules, 'libpq/build/Release/addon.node')]);
  });
});

describe('what a package is asked for by', () => {
  const files = {
    'main.js': '',
    'node_modules/@s/pkg/package.json': manifest('@s/pkg', { exports: { '.': './lib/index.js' } }),
    'node_modules/@s/pkg/lib/package.json': { json: { type: 'commonjs' } },
    'node_modules/@s/pkg/lib/index.js': 'module.exports = { loaded: true };',
    'node_modules/@s/pkg/build/Release/a.node': addon,
    'node_modules/@s/pkg/libextra.so.1': addon,
  };

  it('name, subpath, directory, file, or the object it exports', () => {
    layout = makeLayout(files);
    const directory = layout.path('node_modules/@s/pkg');
    const index = layout.path('node_modules/@s/pkg/lib/index.js');
    const exported = createRequire(layout.path('main.js'))('@s/pkg') as object;
    const expected = {
      name: '@s/pkg',
      version: '1.2.3',
      directory,
      addons: [join(directory, 'build/Release/a.node')],
    };
    for (const subject of [
      '@s/pkg',
      '@s/pkg/sub/path',
      directory,
      index,
      './node_modules/@s/pkg',
    ]) {
      expect(resolvePackage(subject, layout.root)).toEqual(expected);
    }
    expect(resolvePackage('@s/pkg', layout.path('main.js'))).toEqual(expected);
    expect(resolvePackage(exported)).toEqual(expected);
    expect(packageOfFile(index)).toEqual({ name: '@s/pkg', version: '1.2.3', directory });
  });

  it('the path of one addon or library stands for itself', () => {
    layout = makeLayout({ ...files, 'bare/libalone.so.2.1': addon });
    const addonPath = layout.path('node_modules/@s/pkg/build/Release/a.node');
    const library = layout.path('node_modules/@s/pkg/libextra.so.1');
    expect(resolvePackage(addonPath)).toMatchObject({ name: '@s/pkg', addons: [addonPath] });
    expect(resolvePackage(library)).toMatchObject({ name: '@s/pkg', addons: [library] });
    expect(resolvePackage(layout.path('bare/libalone.so.2.1'))).toEqual({
      name: 'libalone.so.2.1',
      version: '',
      directory: layout.path('bare'),
      addons: [layout.path('bare/libalone.so.2.1')],
    });
    expect(packageOfFile(layout.path('bare/libalone.so.2.1'))).toBeUndefined();
  });
});

describe('what cannot be resolved says what was looked for, and where', () => {
  it('no such package, no such path, no such module', () => {
    layout = makeLayout({ 'node_modules/other/package.json': manifest('other') });
    const failure = failureOf('@s/none/sub');
    expect(failure).toMatchObject({
      name: 'GreenifyError',
      code: 'ERR_GREENIFY_PACKAGE_NOT_FOUND',
    });
    expect(failure.message).toContain(
      `@s/none: no such package, looked for from ${layout.root} in: `,
    );
    expect(failure.message).toContain(layout.path('node_modules'));
    expect(failureOf(layout.path('none.node'))).toMatchObject({
      code: 'ERR_GREENIFY_PACKAGE_NOT_FOUND',
      path: layout.path('none.node'),
    });
    expect(failureOf({}).code).toBe('ERR_GREENIFY_PACKAGE_NOT_FOUND');
  });

  it('a package of JavaScript alone', () => {
    layout = makeLayout({ 'node_modules/pkg/package.json': manifest('pkg') });
    const failure = failureOf('pkg');
    expect(failure.code).toBe('ERR_GREENIFY_NO_ADDON');
    expect(failure.message).toContain(`for ${here}, glibc, Node ABI ${abi}`);
    expect(failure.message).toContain(layout.path('node_modules/pkg'));
  });

  it.each<[string, Record<string, Entry>, object, RegExp]>([
    ['not built', { 'binding.gyp': '{}' }, {}, /pkg has a binding\.gyp, but was not built/],
    [
      'a platform package that was left out',
      {},
      { optionalDependencies: { [`@s/pkg-${here}-gnu`]: '1' } },
      /@s\/pkg-\S+-gnu is not installed/,
    ],
    [
      'built with musl',
      { 'index.node': builtWithMusl(fixturePath('descriptors')) },
      {},
      /is for musl/,
    ],
    [
      'of another machine, whatever its name says',
      { 'index.node': forOtherMachine(fixturePath('descriptors')) },
      {},
      /index\.node the ELF file is for machine/,
    ],
    [
      'built for another version of Node',
      {
        'build/Release/a.node': forOtherAbi(
          join(packagesDirectory, 'libpq/build/Release/addon.node'),
        ),
      },
      {},
      /a\.node was built for Node ABI 1, this is \d+/,
    ],
    [
      'no addon',
      { 'index.node': { copy: elfFixture('full_relro') } },
      {},
      /is a shared library, but no addon/,
    ],
    ['cut short', { 'build/Release/a.node': '\x7fELF' }, {}, /a\.node the ELF identification ends/],
    [
      'for others',
      { 'prebuilds/win32-x64/a.node': 'MZ' },
      {},
      /1 for other machines: one is for win32/,
    ],
  ])('an addon that is %s', (_, files, more, message) => {
    const placed = Object.entries(files).map(([path, entry]) => [
      `node_modules/pkg/${path}`,
      entry,
    ]);
    layout = makeLayout({
      'node_modules/pkg/package.json': manifest('pkg', more),
      ...(Object.fromEntries(placed) as Record<string, Entry>),
    });
    const failure = failureOf('pkg');
    expect(failure.code).toBe('ERR_GREENIFY_ADDON_NOT_LOADABLE');
    expect(failure.message).toMatch(message);
  });
});
