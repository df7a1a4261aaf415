// Node's own test files for its synchronous functions.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesRunner } from './runners.mjs';

const debian = 'https://deb.debian.org/debian/pool/main/n/nodejs';

const folders = ['test/parallel', 'test/sequential'];
const files = ['/test/common/', '/test/fixtures/', ...folders.map((folder) => `/${folder}/`)];

/** Those with "async" in their names, of functions with callbacks, as well. */
const synchronous = /^test-((fs|child-process|zlib)-.*sync|crypto-(pbkdf2|scrypt)).*\.m?js$/i;

const testsBelow = (directory) =>
  folders.flatMap((folder) =>
    readdirSync(join(directory, folder))
      .filter((file) => synchronous.test(file))
      .sort()
      .map((file) => join(folder, file)),
  );

/** "// Flags: --expose-internals", as Node's tools/test.py reads it. */
function flagsOf(path) {
  const flags = /\/\/\s+Flags:(.*)/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
  return flags.split(/\s+/).filter(Boolean);
}

const notInGreenThread = (name, ...majors) => ({
  name: `test/parallel/${name}`,
  majors,
  mode: 'green',
  why:
    "a module with a top-level await is evaluated by promises, on the loop's stack, and cannot be required in a " +
    'green thread (`ERR_REQUIRE_ASYNC_MODULE`)',
});

const cannot = [
  notInGreenThread('test-fs-cp-async-verbatim-dir-symlinks-with-filter.mjs', '24', '26'),
  notInGreenThread('test-fs-cp-promises-async-error.mjs', '22', '24', '26'),
  notInGreenThread('test-fs-cp-sync-preserve-timestamps-readonly.mjs', '22', '24', '26'),
];

/** @param archive has the tests where the repository cannot be reached */
function testsOfNode(version, archive, note) {
  const [major] = version.split('.');
  return {
    name: 'node',
    label: `node-${major}`,
    version,
    runtime: version,
    repository: 'https://github.com/nodejs/node',
    refs: [`v${version}`, `${debian}/${archive}`],
    files,
    majors: [major],
    note,
    cannot,
    runner: filesRunner({ files: testsBelow, flagsOf }),
  };
}

export const nodeSuites = [
  testsOfNode(
    '20.19.2',
    'nodejs_20.19.2+dfsg.orig.tar.xz',
    'the tests of `cpSync`, 50 files and more in later versions, are in one file, whose name says nothing of them',
  ),
  testsOfNode('22.22.2', 'nodejs_22.22.2+dfsg+~cs22.19.15.orig.tar.xz'),
  testsOfNode('24.21.0', 'nodejs_24.21.0+dfsg+~cs24.13.4.orig.tar.xz'),
  testsOfNode(
    '26.10.0',
    'nodejs_24.21.0+dfsg+~cs24.13.4.orig.tar.xz',
    'Debian has no sources of 26: where the tag cannot be fetched, the tests are those of **24.21.0**, of which some ' +
      'fail plain because 26 warns of `localStorage`, which they look for, or has changed what they expect; one of ' +
      'them, `test-child-process-spawnsync-shell.js`, passes in a green thread: it waits, and so the warning comes ' +
      'before it looks for warnings',
  ),
];
