// The packages, and Node itself, whose own test suites are run, and how. A row:
//   name         as the command line and the tables say it, with `label` where one package has two rows
//   package      its name in a manifest of test/packages, which says its version; or else `version`
//   repository   where its tests are
//   refs         tags, commits or archives (addresses) of these tests, the first that can be had is taken
//   files        of the repository that are needed, all unless told (patterns of gitignore(5))
//   note         what a reader of docs/compatibility.md should know
//   directory    of the package in its repository, where that is not the root
//   installed    packages that the set-up compiled for each Node, and where the tests expect them
//   dependencies what the tests need beside the package's own (dev)dependencies
//   prepare      commands that make what the tests need beside
//   majors       versions of Node that the package supports, all that are tested unless told
//   runtime      the version of Node that they are run on, where it must be exact
//   server       a private one that the tests connect to
//   cannot       tests that pass plain only, on which versions of Node, and why nothing can be done; `mode` where
//                that is so in one only (run.mjs)
//   runner       how its tests are run and counted (runners.mjs)
import { nodeSuites } from './node.mjs';
import { filesRunner, mochaRunner, nodeTestRunner } from './runners.mjs';

/** mocha 10, which some ask for, does not load on Node 26. */
const mochaForAll = 'mocha@11';

/** Its sources, SQLite among them, are in the package. */
const sqliteFiles = ['/test/', '/package.json'];

/** What its script "test" gives mocha. */
const sqliteArgs = ['--exit', '--slow=75', '--timeout=5000'];

const testExtension = 'build/Release/test_extension.node';

/** What building better-sqlite3 13 would make; the package brings it compiled, less the extension. */
const sqliteBuild = [
  ['mkdir', '-p', 'build/Release'],
  ['cp', 'prebuilds/linux-x64.node', 'build/Release/better_sqlite3.node'],
  ['cc', '-shared', '-fPIC', '-Ideps/sqlite3', '-o', testExtension, 'deps/test_extension.c'],
];

/** 4 GB to fill before the first collection, and none that is begun for another reason. */
const seldomCollecting = [
  ...['--min-semi-space-size=4096', '--max-semi-space-size=4096', '--initial-old-space-size=4096'],
  ...['--no-minor-gc-task', '--no-incremental-marking'],
];

export const suites = [
  {
    name: 'libpq',
    package: 'libpq',
    repository: 'https://github.com/brianc/node-libpq',
    note:
      'the repository has no tags after 1.8.13; the commit has the sources and the tests that the ' +
      'package 1.11.0 has, which differs in the version of `nan` only',
    refs: ['v1.11.0', '975d9457d0c5ff4793a64d7defa72c2b8b28d3a7'],
    installed: { libpq: '.' },
    dependencies: [mochaForAll],
    server: 'postgres',
    runner: mochaRunner(),
  },
  {
    name: 'pg-native',
    package: 'pg-native',
    repository: 'https://github.com/brianc/node-postgres',
    refs: ['pg-native@3.9.0'],
    files: ['/packages/pg-native/'],
    directory: 'packages/pg-native',
    installed: { 'pg-native': '.', libpq: 'node_modules/libpq' },
    server: 'postgres',
    runner: mochaRunner(),
  },
  {
    name: 'better-sqlite3',
    label: 'better-sqlite3-12',
    package: 'better-sqlite3',
    repository: 'https://github.com/WiseLibs/better-sqlite3',
    refs: ['v12.11.1'],
    note:
      'on Node 24 it aborts, plain as well, when one of its databases is collected (its destructor fails ' +
      'the assertion `(env) != nullptr` of Node): there it is run with a heap that seldom needs a collection',
    files: sqliteFiles,
    installed: { 'better-sqlite3': '.' },
    runner: mochaRunner({
      flagsOn: ({ version }) => (version.startsWith('v24.') ? seldomCollecting : []),
      args: sqliteArgs,
    }),
  },
  {
    name: 'better-sqlite3',
    label: 'better-sqlite3-13',
    package: 'better-sqlite3-13',
    repository: 'https://github.com/WiseLibs/better-sqlite3',
    refs: ['v13.2.0', 'v13.0.3'],
    note: 'where the tag of 13.2.0 cannot be fetched, its tests are those of 13.0.3',
    files: sqliteFiles,
    installed: { 'better-sqlite3-13': '.' },
    prepare: sqliteBuild,
    majors: ['22', '24', '26'],
    runner: mochaRunner({ args: sqliteArgs }),
  },
  {
    name: 'lmdb',
    package: 'lmdb',
    repository: 'https://github.com/kriszyp/lmdb-js',
    refs: ['v3.5.6'],
    files: ['/test/', '/package.json'],
    installed: { lmdb: '.', '@lmdb/lmdb-linux-x64': 'node_modules/@lmdb/lmdb-linux-x64' },
    dependencies: [mochaForAll],
    runner: mochaRunner({ flagsOn: () => ['--expose-gc'], args: ['test/index.test.js', '--exit'] }),
  },
  {
    name: 'node-lmdb',
    package: 'node-lmdb',
    repository: 'https://github.com/Venemo/node-lmdb',
    refs: ['v0.10.1'],
    files: ['/test/', '/package*.json'],
    installed: { 'node-lmdb': '.' },
    majors: ['20', '22', '24'],
    cannot: [
      {
        name: 'Node.js LMDB Bindings Cluster will run a cluster of processes with read-only transactions',
        majors: ['20'],
        why:
          'with `--import` of any module, an empty one as well, cluster workers on Node 20 lose what they ' +
          'are sent while they start; with `--require greenify/register` it passes',
      },
    ],
    runner: mochaRunner({ args: ['test/index.test.js', '--exit'] }),
  },
  {
    name: 'fs-ext',
    package: 'fs-ext',
    repository: 'https://github.com/baudehlo/node-fs-ext',
    refs: ['v2.1.1'],
    installed: { 'fs-ext': '.' },
    note:
      '`worker-test.js` needs a worker to start within 100 ms. Plain it passed in some runs (on Node 20 and ' +
      '26) and failed in others; with greenify/register, which makes the start longer, it has not passed',
    cannot: [
      {
        name: 'tests/worker-test.js',
        majors: ['20', '22', '24', '26'],
        why:
          'a worker must start within 100 ms, which greenify/register makes take longer (on a busy machine it ' +
          'fails plain, too); with 5 s in their place it passes',
      },
    ],
    runner: filesRunner({
      files: ['test-fs-fcntl.js', 'test-fs-seek.js', 'test-fs-flock.js', 'worker-test.js'].map(
        (file) => `tests/${file}`,
      ),
    }),
  },
  {
    name: 'express',
    version: '5.2.1',
    repository: 'https://github.com/expressjs/express',
    refs: ['v5.2.1'],
    runner: mochaRunner({
      args: ['--require', './test/support/env', '--check-leaks', 'test/', 'test/acceptance/'],
    }),
  },
  {
    name: 'fastify',
    version: '5.12.1',
    repository: 'https://github.com/fastify/fastify',
    refs: ['v5.12.1'],
    runner: nodeTestRunner({ folder: 'test', pattern: /\.test\.m?js$/ }),
  },
  ...nodeSuites,
];

/** The name that tells a row from all others. */
export const labelOf = ({ label, name }) => label ?? name;
