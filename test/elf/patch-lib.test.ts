import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GreenifyError, isMonkeyPatched, patchLib, spawn, unpatchLib } from 'greenify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildElfFixtures, elfFixture, fileMappings, mappedBytes } from '../support/elf';
import { fixturePath, requireFixture } from '../support/fixtures';

interface Loader {
  open(path: string): object;
  close(handle: object): void;
  call(handle: object, name: string, ...args: (number | Buffer)[]): number;
}

interface Descriptors {
  pipe(this: void): [number, number];
}

const loader = requireFixture('loader') as Loader;
const { pipe } = requireFixture('descriptors') as Descriptors;

const directory = mkdtempSync(join(tmpdir(), 'greenify-patch-lib-'));

beforeAll(buildElfFixtures);
afterAll(() => rmSync(directory, { recursive: true }));

let copies = 0;

/** A copy of a fixture that nobody has loaded. */
function unloaded(name: string): string {
  copies += 1;
  const path = join(directory, `lib${name}-${copies}.so`);
  copyFileSync(elfFixture(name), path);
  return path;
}

/** A struct pollfd, poll(2), that asks for POLLIN; with room for the others that some fixtures copy. */
function pollfd(fd: number): Buffer {
  const buffer = Buffer.alloc(64);
  buffer.writeInt32LE(fd, 0);
  buffer.writeInt16LE(1, 4);
  return buffer;
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('patchLib', () => {
  const plain = { read: 1, poll: 1 };
  // x64's linker makes one slot of calls and of the address taken, and drops one that nothing uses.
  const tables = process.arch === 'x64' ? { read: 4, poll: 1 } : { read: 5, poll: 2 };
  it.each([
    ['lazy', 'lazy binding and no RELRO', plain],
    ['partial_relro', 'partial RELRO', plain],
    ['full_relro', 'full RELRO', plain],
    ['no_plt', '-fno-plt', plain],
    ['fortified', '_FORTIFY_SOURCE=2', { __read_chk: 1, __recv_chk: 1, __poll_chk: 1 }],
    ['table', 'function-pointer tables', tables],
    ['stripped', 'no symbols', plain],
    ['no_section_headers', 'no section headers', plain],
  ])(
    'makes lib%s.so (%s) wait without blocking; unpatchLib restores every byte',
    async (name, _what, slots) => {
      const path = elfFixture(name);
      const handle = loader.open(path);
      const before = mappedBytes(path);
      expect(before.bytes.length).toBeGreaterThan(0);

      const report = patchLib(path);
      expect(report).toMatchObject({ path, soname: `lib${name}.so`, unaligned: [] });
      const found = report.functions.map((entry) => [entry.name, entry.slots]);
      expect(Object.fromEntries(found)).toEqual(slots);
      expect(report.functions.every(({ family }) => family === 'socket')).toBe(true);
      expect(isMonkeyPatched(path)).toBe(true);
      const patched = mappedBytes(path);
      expect(patched.mappings).toEqual(before.mappings);
      expect(patched.bytes.equals(before.bytes)).toBe(false);

      const [reader, writer] = pipe();
      const polling = spawn(() => loader.call(handle, 'fixture_poll', pollfd(reader), 1, 60_000));
      const data = Buffer.alloc(64);
      const reading = spawn(() => loader.call(handle, 'fixture_read', reader, data, 64));
      await turn();
      expect([polling.state, reading.state]).toEqual(['waiting', 'waiting']);
      writeSync(writer, 'hello');
      expect(await reading).toBe(5);
      expect(data.toString('latin1', 0, 5)).toBe('hello');
      writeSync(writer, 'again');
      expect(await polling).toBe(1);

      const restored = Object.values(slots).reduce((sum, count) => sum + count, 0);
      expect(unpatchLib(path)).toEqual({ path, restored, foreign: 0 });
      expect(isMonkeyPatched(path)).toBe(false);
      const after = mappedBytes(path);
      expect(after.mappings).toEqual(before.mappings);
      expect(after.bytes.equals(before.bytes)).toBe(true);
      expect(loader.call(handle, 'fixture_read', reader, data, 64)).toBe(5);
      loader.close(handle);
    },
  );

  it('reaches calls through every entry of a function-pointer table', async () => {
    const path = elfFixture('table');
    const handle = loader.open(path);
    patchLib(path);
    const [reader, writer] = pipe();
    const data = Buffer.alloc(64);
    const calls = [
      spawn(() => loader.call(handle, 'fixture_read_by_operations', reader, data, 1)),
      spawn(() => loader.call(handle, 'fixture_read_by_array', 0, reader, data, 1)),
      spawn(() => loader.call(handle, 'fixture_read_by_array', 1, reader, data, 1)),
    ];
    await turn();
    expect(calls.map(({ state }) => state)).toEqual(['waiting', 'waiting', 'waiting']);
    writeSync(writer, '123');
    expect(await Promise.all(calls)).toEqual([1, 1, 1]);
    unpatchLib(path);
    loader.close(handle);
  });

  it('loads the library if need be, and keeps it until unpatchLib', () => {
    const path = unloaded('full_relro');
    patchLib(path);
    expect(fileMappings(path)).not.toEqual([]);
    unpatchLib(path);
    expect(fileMappings(path)).toEqual([]);
    expect(isMonkeyPatched(path)).toBe(false);
  });

  it('done twice is as good as once', () => {
    const path = unloaded('full_relro');
    const handle = loader.open(path);
    const before = mappedBytes(path);
    const first = patchLib(path);
    const once = mappedBytes(path);
    expect(patchLib(path)).toEqual(first);
    expect(mappedBytes(path).bytes.equals(once.bytes)).toBe(true);
    expect(unpatchLib(path)).toMatchObject({ restored: 2, foreign: 0 });
    expect(unpatchLib(path)).toMatchObject({ restored: 0, foreign: 0 });
    expect(mappedBytes(path).bytes.equals(before.bytes)).toBe(true);
    loader.close(handle);
  });

  it('finds loaded libraries by soname', () => {
    const path = elfFixture('chain_b');
    const handle = loader.open(path);
    expect(patchLib('libchain_b.so.1')).toMatchObject({
      path,
      soname: 'libchain_b.so.1',
      functions: [],
    });
    expect(unpatchLib('libchain_b.so.1')).toMatchObject({ path, restored: 0 });
    loader.close(handle);
  });

  it('leaves sleep alone unless asked', () => {
    const path = fixturePath('calls');
    requireFixture('calls');
    const waits = ({ family }: { family: string }): boolean => family !== '' && family !== 'lock';
    const families = (options?: Parameters<typeof patchLib>[1]): Set<string> =>
      new Set(
        patchLib(path, options)
          .functions.filter(waits)
          .map(({ family }) => family),
      );
    expect(families()).toEqual(new Set(['socket', 'file', 'process']));
    expect(families({ sleep: true })).toEqual(new Set(['sleep']));
    expect(families({ socket: true, sleep: true })).toEqual(new Set(['socket', 'sleep']));
    unpatchLib(path);
  });
});

describe('the families of patchLib', () => {
  /** Whether poll(2) is green in a library that a patched one opens. */
  async function isGreenWhenOpened(families: Parameters<typeof patchLib>[1]): Promise<boolean> {
    patchLib(fixturePath('loader'), families);
    const handle = loader.open(unloaded('lazy'));
    let turned = false;
    const begun = spawn(() => {
      loader.call(handle, 'fixture_poll', pollfd(-1), 1, 30);
      return turned;
    });
    turned = true; // only when the green thread waits is this reached before its end
    const isGreen = await begun;
    loader.close(handle);
    unpatchLib(fixturePath('loader'));
    return isGreen;
  }

  it('hold for the libraries that it opens later, too', async () => {
    expect(await isGreenWhenOpened({ socket: true })).toBe(true);
    expect(await isGreenWhenOpened({ sleep: true })).toBe(false);
    expect(await isGreenWhenOpened(undefined)).toBe(true);
  });

  it('are forgotten with unpatchLib', () => {
    patchLib(fixturePath('loader'));
    unpatchLib(fixturePath('loader'));
    const path = unloaded('lazy');
    const handle = loader.open(path);
    expect(isMonkeyPatched(path)).toBe(false);
    loader.close(handle);
  });
});

describe('what cannot be patched', () => {
  const inDirectory = (name: string): string => join(directory, name);
  const write = (name: string, content: string | Buffer): string => {
    writeFileSync(inDirectory(name), content);
    return inDirectory(name);
  };
  const goodLibrary = (): Buffer => readFileSync(elfFixture('full_relro'));
  const changed = (offset: number, byte: number): Buffer => {
    const bytes = goodLibrary();
    bytes[offset] = byte;
    return bytes;
  };
  const elsewhere = { x86: 62, arm: 183 }; // EM_X86_64, EM_AARCH64
  const otherMachine = process.arch === 'x64' ? elsewhere.arm : elsewhere.x86;
  const compileObject = (name: string): string => {
    const source = write('source.c', 'int answer(void) { return 42; }\n');
    execFileSync(process.env['CC'] ?? 'cc', ['-c', '-fPIC', '-o', inDirectory(name), source]);
    return inDirectory(name);
  };

  const cases: [string, string, string, () => string][] = [
    [
      'a text file',
      'NOT_ELF',
      'not',
      () => write('text.so', 'just some text, and a good deal of it\n'.repeat(9)),
    ],
    ['an empty file', 'NOT_ELF', '', () => write('empty.so', '')],
    [
      'a header cut short',
      'TRUNCATED',
      'header',
      () => write('cut.so', goodLibrary().subarray(0, 40)),
    ],
    ['half a library', 'TRUNCATED', '', () => write('half.so', goodLibrary().subarray(0, 4096))],
    ['a missing path', 'OPEN_FAILED', 'No such file', () => inDirectory('missing.so')],
    ['a directory', 'OPEN_FAILED', 'directory', () => directory],
    ['a device', 'OPEN_FAILED', 'regular file', () => '/dev/null'],
    ['a 32-bit library', 'WRONG_CLASS', '32', () => write('32-bit.so', changed(4, 1))],
    [
      'a library for another machine',
      'WRONG_MACHINE',
      '',
      () => write('other.so', changed(18, otherMachine)),
    ],
    ['an object file', '(NO_DYNAMIC|MALFORMED)', '', () => compileObject('object.o')],
    ['an unknown soname', 'LOAD_FAILED', 'cannot open', () => 'libgreenify-knows-no-such.so.1'],
    ['the node executable', 'MALFORMED', '', () => readlinkSync('/proc/self/exe')],
    ['libc', 'MALFORMED', 'never redirected', () => 'libc.so.6'],
  ];

  it.each(cases)(
    '%s: ERR_GREENIFY_ELF_%s, and nothing has changed',
    (_what, code, reason, make) => {
      const path = make();
      patchLib(elfFixture('stripped'));
      const mappings = fileMappings();
      const { bytes } = mappedBytes(elfFixture('stripped'));

      let error: unknown;
      try {
        patchLib(path);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(GreenifyError);
      expect(error).toMatchObject({
        code: expect.stringMatching(new RegExp(`^ERR_GREENIFY_ELF_${code}$`)) as string,
        path: expect.stringContaining(path.split('/').at(-1) ?? '') as string,
      });
      const { message } = error as Error;
      expect(message).toContain(path.split('/').at(-1));
      expect(message).toContain(reason);

      expect(fileMappings()).toEqual(mappings);
      expect(mappedBytes(elfFixture('stripped')).bytes.equals(bytes)).toBe(true);
      unpatchLib(elfFixture('stripped'));
    },
  );

  it.each(['', undefined, null, 7, {}, ['path']])('%j: a TypeError', (path) => {
    const typeError = expect.objectContaining({
      name: 'TypeError',
      code: 'ERR_INVALID_ARG_TYPE',
    }) as Error;
    expect(() => patchLib(path as string)).toThrow(typeError);
    expect(() => unpatchLib(path as string)).toThrow(typeError);
  });

  it.each([
    [{ sockets: true }],
    [{ socket: 1 }],
    [{ socket: true, sleep: 'yes' }],
    [null],
    [[]],
    ['socket'],
  ])('options %j: a TypeError, before anything is loaded', (options) => {
    const path = unloaded('no_plt');
    expect(() => patchLib(path, options as object)).toThrow(
      expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' }) as Error,
    );
    expect(fileMappings(path)).toEqual([]);
  });

  it('unpatchLib of what is not loaded says so', () => {
    const path = unloaded('no_plt');
    expect(() => unpatchLib(path)).toThrow(
      expect.objectContaining({
        name: 'GreenifyError',
        code: 'ERR_GREENIFY_ELF_NOT_LOADED',
        path,
      }) as Error,
    );
  });
});
