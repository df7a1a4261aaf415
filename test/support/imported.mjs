/** Programs that import a package by its name, do nothing else about it, and wait in it. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { packagePath } from './packages.mjs';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const shown = pathToFileURL(join(root, 'test/fixtures/scripts/patches/imported.mjs')).href;

const network = 'monkeyPatch({ socket: true, sleep: true });';
const everything = 'monkeyPatch();';

export const importedPackages = {
  'better-sqlite3': { patch: network },
  'better-sqlite3-13': { patch: network, from: 22 },
  'ffi-rs': { patch: network },
  'fs-ext': { patch: everything },
  koffi: { patch: network },
  'koffi-2': { patch: network },
  libpq: { patch: network },
  libsql: { patch: network },
  lmdb: { patch: everything },
  'node-libcurl': { patch: network, from: 22 },
  'node-libcurl-4': { patch: network, to: 24 },
  'node-lmdb': { patch: everything, to: 24 },
  'pg-native': { patch: network },
  sleep: { patch: network },
};

export function isSupported(name) {
  const major = Number(process.versions.node.split('.')[0]);
  const { from = 0, to = Infinity } = importedPackages[name];
  return from <= major && major <= to;
}

export const patching = (name) =>
  `import { monkeyPatch } from 'greenify'; ${importedPackages[name].patch}`;

function writeProgram(directory, name, first) {
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(root, join(directory, 'node_modules/greenify'));
  symlinkSync(packagePath(name), join(directory, 'node_modules', name));
  writeFileSync(join(directory, 'first.mjs'), first);
  const program = `import './first.mjs';
    import * as namespace from '${name}';
    import { show } from '${shown}';
    await show('${name}', namespace, ${JSON.stringify(directory)});`;
  writeFileSync(join(directory, 'program.mjs'), program);
}

export async function waitIn(name, first, flags = []) {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'greenify-imported-')));
  try {
    writeProgram(directory, name, first);
    const args = [...flags, 'program.mjs'];
    const options = { cwd: directory, timeout: 30_000 };
    const { stdout, stderr } = await run(process.execPath, args, options);
    if (stderr !== '') throw new Error(`${name} said:\n${stderr}`);
    return JSON.parse(stdout.trimEnd().split('\n').at(-1)); // libpq, imported, prints its directory
  } finally {
    rmSync(directory, { recursive: true });
  }
}
