import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runNode } from '../support/child';
import { buildElfFixtures, elfFixture } from '../support/elf';
import { fixturePath } from '../support/fixtures.js';
import { builtWithMusl, type Entry, type Layout, makeLayout } from '../support/layout';
import { packagesDirectory } from '../support/packages.mjs';

beforeAll(buildElfFixtures);

let layout: Layout | undefined;
afterEach(() => {
  layout?.remove();
  layout = undefined;
});

const greenify = (args: string[], cwd?: string): Promise<Ended> => {
  const command = [new URL('../../dist/cli/main.js', import.meta.url).pathname, ...args];
  return runNode(command, cwd === undefined ? {} : { cwd });
};
const doctor = (args: string[], cwd?: string): Promise<Ended> => greenify(['doctor', ...args], cwd);

const manifest = (name: string, more: object = {}): Entry => ({
  json: { name, version: '1.2.3', ...more },
});
const addon: Entry = { copy: fixturePath('descriptors') };

/** What of the JSON is looked at here. */
interface Found {
  name: string;
  verdict: string;
  patches: { name: string; inRange: boolean }[];
  objects: {
    role: string;
    soname: string;
    relro: string;
    functions: { name: string; becomes: string }[];
    unhookable: { reason: string; functions: string[]; waits: boolean }[];
  }[];
  problems: string[];
}

async function examined(
  args: string[],
  cwd?: string,
): Promise<{ packages: Found[]; code: number | null }> {
  const { stdout, code } = await doctor(['--json', ...args], cwd);
  return { ...(JSON.parse(stdout) as { packages: Found[] }), code };
}

const callsOf = (found: Found | undefined, soname: string, becomes: string): string[] => {
  const object = found?.objects.find((candidate) => candidate.soname === soname);
  return (object?.functions ?? [])
    .filter((call) => call.becomes === becomes)
    .map(({ name }) => name);
};

describe('greenify doctor', () => {
  it('says of pg-native what its libraries wait in, and what becomes of it', async () => {
    const { packages, code } = await examined(['pg-native', '--from', packagesDirectory]);
    const [found] = packages;
    expect({ code, verdict: found?.verdict }).toEqual({ code: 0, verdict: 'green' });
    expect(found?.patches.map(({ name }) => name).sort()).toEqual(['libpq', 'pg-native']);
    const green = callsOf(found, 'libpq.so.5', 'green');
    expect(green).toEqual(expect.arrayContaining(['connect', 'poll', 'recv', 'send']));
    expect(callsOf(found, 'libpq.so.5', 'offloaded')).toContain('getaddrinfo');
    expect(found?.objects.find(({ soname }) => soname === 'libpq.so.5')?.relro).toBe('full');
    expect(found?.objects.some(({ soname }) => soname === 'libc.so.6')).toBe(false);
  });

  it('prints the same for people', async () => {
    const { code, stdout, stderr } = await doctor(['pg-native', '--from', packagesDirectory]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^pg-native \S+: green$/m);
    expect(stdout).toMatch(/^ {2}library {2}\/\S*libpq\.so\.5\S* \(full RELRO/m);
    expect(stdout).toMatch(/^ +green +connect .*poll .*recv/m);
    expect(stdout).toMatch(/^ {2}advice +Call monkeyPatch\(\{ socket: true \}\)/m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
  });

  it('without an argument lists every package with an addon, and ends with 1 if one is hindered', async () => {
    layout = makeLayout({
      'node_modules/fine/package.json': manifest('fine'),
      'node_modules/fine/build/Release/a.node': addon,
      'node_modules/plain/package.json': manifest('plain'),
      'node_modules/plain/node_modules/@s/nested/package.json': manifest('@s/nested'),
      'node_modules/plain/node_modules/@s/nested/index.node': addon,
      'node_modules/unbuilt/package.json': manifest('unbuilt'),
      'node_modules/unbuilt/binding.gyp': '{}',
    });
    const { code, stdout } = await doctor([], layout.root);
    const rows = stdout.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3).join(' '));
    expect(rows).toEqual(
      expect.arrayContaining([
        'package version verdict',
        '@s/nested 1.2.3 green',
        'fine 1.2.3 green',
        'unbuilt 1.2.3 not loadable',
      ]),
    );
    expect(rows.join('\n')).not.toContain('plain');
    expect(stdout).toMatch(/^unbuilt 1\.2\.3: .*has a binding\.gyp, but was not built/m);
    expect(code).toBe(1);
  });

  it('counts a platform package as part of the package that names it', async () => {
    const part = `@s/pkg-${process.platform}-${process.arch}-gnu`;
    layout = makeLayout({
      'node_modules/pkg/package.json': manifest('pkg', { optionalDependencies: { [part]: '1' } }),
      [`node_modules/${part}/package.json`]: manifest(part),
      [`node_modules/${part}/index.node`]: addon,
    });
    const { packages, code } = await examined([], layout.root);
    expect(packages.map(({ name, verdict }) => [name, verdict])).toEqual([['pkg', 'green']]);
    expect(code).toBe(0);
  });

  it('takes the soname of a library of the system', async () => {
    const { packages, code } = await examined(['libpq.so.5']);
    expect({ code, name: packages[0]?.name }).toEqual({
      code: 0,
      name: expect.stringMatching(/^libpq\.so\.5/) as string,
    });
  });

  it('names raw system calls, which nothing can be done about', async () => {
    const { packages, code } = await examined([elfFixture('raw')]);
    expect(packages[0]?.objects[0]?.unhookable).toMatchObject([
      { reason: 'raw-system-call', functions: ['read', 'poll'], waits: true },
    ]);
    expect({ code, verdict: packages[0]?.verdict }).toEqual({ code: 1, verdict: 'blocks' });
  });

  it('names runtimes that check the stack of the kernel thread', async () => {
    layout = makeLayout({ 'libruntime.so': { copy: elfFixture('runtime') } });
    const { code, stdout } = await doctor([layout.path('libruntime.so')]);
    expect(stdout).toMatch(/^ +cannot +Go: /m);
    expect(code).toBe(1);
  });

  it('names libraries that are missing, and those of musl', async () => {
    layout = makeLayout({
      'missing.so': { copy: elfFixture('chain_a') },
      'musl.so': builtWithMusl(elfFixture('full_relro')),
    });
    const { packages, code } = await examined([layout.path('missing.so'), layout.path('musl.so')]);
    const [missing, musl] = packages;
    expect(missing?.problems[0]).toMatch(
      /^libchain_b\.so\.1 \(needed by .*missing\.so\) is missing: looked in /,
    );
    expect(musl?.problems.join()).toContain('is musl’s C library');
    expect({ code, verdicts: [missing?.verdict, musl?.verdict] }).toEqual({
      code: 1,
      verdicts: ['not loadable', 'not loadable'],
    });
  });

  it('ends with 2 for what there is nothing to say about, and says the rest', async () => {
    layout = makeLayout({
      'node_modules/fine/package.json': manifest('fine'),
      'node_modules/fine/index.node': addon,
      'node_modules/plain/package.json': manifest('plain'),
    });
    const { code, stdout, stderr } = await doctor(['fine', 'plain', 'unknown'], layout.root);
    expect(code).toBe(2);
    expect(stdout).toMatch(/^fine 1\.2\.3: green$/m);
    expect(stderr).toContain('plain has no native addon');
    expect(stderr).toContain('unknown: no such package');
  });

  it('gives programs the codes and places of what it has not found', async () => {
    layout = makeLayout({
      'node_modules/plain/package.json': manifest('plain'),
      'node_modules/broken/package.json': manifest('broken'),
      'node_modules/broken/broken.node': 'no addon',
    });
    const names = ['unknown', 'plain', './none.node', 'broken'];
    const { code, stdout } = await doctor(['--json', ...names], layout.root);
    const { packages, failures } = JSON.parse(stdout) as {
      packages: Found[];
      failures: { subject: string; code: string; message: string }[];
    };
    expect(failures.map((failure) => [failure.subject, failure.code])).toEqual([
      ['unknown', 'ERR_GREENIFY_PACKAGE_NOT_FOUND'],
      ['plain', 'ERR_GREENIFY_NO_ADDON'],
      ['./none.node', 'ERR_GREENIFY_PACKAGE_NOT_FOUND'],
    ]);
    const places = ['node_modules', 'node_modules/plain', 'none.node'];
    failures.forEach(({ message }, index) =>
      expect(message).toContain(layout?.path(places[index] ?? '')),
    );
    const [broken] = packages;
    expect(broken).toMatchObject({ name: 'broken', verdict: 'not loadable' });
    expect(broken?.problems.join()).toContain(layout.path('node_modules/broken/broken.node'));
    expect(code).toBe(2);
  });

  it('loads and executes nothing of what it looks at', async () => {
    layout = makeLayout({
      'node_modules/pkg/package.json': manifest('pkg', { main: 'index.js' }),
      'node_modules/pkg/index.js': "require('node:fs').writeFileSync('executed', '');",
      'node_modules/pkg/build/Release/a.node': addon,
    });
    const cwd = layout.root;
    expect((await doctor(['pkg'], cwd)).code).toBe(0);
    expect(() => readFileSync(`${cwd}/executed`)).toThrow('ENOENT');
  });
});

describe('the greenify command', () => {
  it('explains itself, and wrong options', async () => {
    for (const args of [['--help'], ['doctor', '--help']]) {
      const { code, stdout } = await greenify(args);
      expect({ code, stdout }).toEqual({
        code: 0,
        stdout: expect.stringContaining('doctor') as string,
      });
    }
    const wrong = await doctor(['--jsn']);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--jsn');
    expect(await greenify(['cure'])).toMatchObject({ code: 2, stdout: '' });
    expect((await greenify(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
