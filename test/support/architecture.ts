import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, normalize, relative } from 'node:path/posix';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** One row of a table in docs/architecture.md: a directory or a file, and what it may refer to. */
export interface Room {
  name: string;
  allowed: string[];
}

/** Repository-relative paths, and the text of each file. */
export type Sources = ReadonlyMap<string, string>;

const root = fileURLToPath(new URL('../..', import.meta.url));
const scanned = ['include', 'native', 'src', 'scripts', 'test', 'bench', 'examples'];
const skipped = /(^|\/)(node_modules|packages|fixtures\/(addons|elf))(\/|$)/;

/** V8's, Node's and libuv's C and C++ headers: a room includes them only if its row names them. */
const runtimeHeader = /^(v8|node|napi|js_native_api|uv|cppgc|libplatform)[-_./]/;

export function readSources(): Sources {
  const paths = scanned.flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' }).map((path) =>
      join(directory, path),
    ),
  );
  const wanted = paths.filter((path) => isNative(path) || isScript(path));
  return new Map(
    wanted
      .filter((path) => !skipped.test(path))
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );
}

export function readDocument(): string {
  return readFileSync(join(root, 'docs/architecture.md'), 'utf8');
}

/** The rows of every table whose header is `| room | holds | may include |` or `… may import |`. */
export function readRooms(document: string): Room[] {
  const rooms: Room[] = [];
  let inTable = false;
  for (const line of document.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    if (!line.startsWith('|')) inTable = false;
    else if (/^may (include|import)$/.test(cells[3] ?? '')) inTable = true;
    else if (inTable && !/^-+$/.test(cells[1] ?? '')) rooms.push(toRoom(cells));
  }
  return rooms;
}

function toRoom(cells: string[]): Room {
  const [name] = codes(cells[1]);
  if (name === undefined) throw new Error(`a row without a room: ${cells.join(' | ')}`);
  return { name, allowed: codes(cells[3]) };
}

const codes = (cell = ''): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? '');

const isNative = (path: string): boolean => /\.(cc|h)$/.test(path);
const isScript = (path: string): boolean =>
  /\.[cm]?[jt]s$/.test(path) && !/\.d\.[cm]?ts$/.test(path);
const withoutExtension = (path: string): string => path.replace(/\.[cm]?[jt]s$/, '');

function roomOf(path: string, rooms: Room[]): Room | undefined {
  const candidates = rooms.filter(({ name }) => path === name || path.startsWith(`${name}/`));
  return candidates.sort((a, b) => b.name.length - a.name.length)[0];
}

/** Everything that refers to what its room may not refer to, as `<file>: <what is wrong>`. */
export function violations(sources: Sources, rooms: Room[]): string[] {
  return [...sources].flatMap(([path, text]) => {
    const room = roomOf(path, rooms);
    if (room === undefined) return [`${path}: is in no room of docs/architecture.md`];
    const problems = isNative(path)
      ? nativeProblems(path, text, room)
      : scriptProblems(path, text, room);
    return problems.map((problem) => `${path}: ${problem}`);
  });
}

function nativeProblems(path: string, text: string, room: Room): string[] {
  const includes = [...text.matchAll(/^\s*#\s*include\s*([<"])([^>"]+)[>"]/gm)];
  return includes
    .filter(([, quote, header]) => !mayInclude(path, quote ?? '', header ?? '', room))
    .map(([, , header]) => `may not include ${header}`);
}

function mayInclude(path: string, quote: string, header: string, room: Room): boolean {
  if (quote === '<') return !runtimeHeader.test(header) || room.allowed.includes(`<${header}>`);
  // Written as "room/header.h", in tests too, where test/native/elf is the elf room's.
  const [target = ''] = header.split('/');
  const own = path.split('/').at(-2);
  return target === own || room.allowed.includes(target) || room.allowed.includes(header);
}

function scriptProblems(path: string, text: string, room: Room): string[] {
  const { importedFiles } = ts.preProcessFile(text, true, true);
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((specifier) => !mayImport(path, specifier, room))
    .map((specifier) => `may not import ${specifier}`);
}

function mayImport(path: string, specifier: string, room: Room): boolean {
  // Older versions of Node lack some of those that newer ones have.
  if (specifier.startsWith('node:') || isBuiltin(specifier)) return true;
  if (!specifier.startsWith('.')) {
    return room.allowed.some((name) => specifier === name || specifier.startsWith(`${name}/`));
  }
  const target = withoutExtension(normalize(join(path, '..', specifier)));
  return [room.name, ...room.allowed].some((name) => {
    const inside = relative(withoutExtension(name), target);
    return !inside.startsWith('..');
  });
}

/** Arrows that run upwards: a room may only refer to rooms that stand above it in the table. */
export function upwardArrows(rooms: Room[]): string[] {
  const order = rooms.map(({ name }) => name);
  const short = (name: string): string => name.replace(/^native\//, '');
  return rooms.flatMap(({ name, allowed }, index) =>
    allowed
      .map((target) => order.findIndex((other) => target === other || target === short(other)))
      .filter((position) => position > index)
      .map((position) => `${name} → ${order[position]}`),
  );
}
