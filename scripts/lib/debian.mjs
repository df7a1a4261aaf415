// The Debian packages that building, testing and the demonstration need.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Failure, run } from './process.mjs';

const demoPackages = ['g++', 'make', 'python3', 'postgresql', 'libpq-dev'];
const testPackages = [...demoPackages, 'ccache', 'doctest-dev', 'strace'];
/** Servers, and the libraries that tests call through koffi. */
const stressPackages = [
  ...testPackages,
  'libcurl4-openssl-dev',
  'libhiredis0.14',
  'libmariadb3',
  'libmemcached11',
  'mariadb-server',
  'memcached',
  'openssl',
  'redis-server',
];
/** Compilers for arm64, with its libraries, and what runs their programs. */
const arm64Packages = [
  'ccache',
  'g++',
  'g++-aarch64-linux-gnu',
  'make',
  'python3',
  'qemu-user-static',
];
/** clang 14, what Debian 12 means by "clang", does not know the ranges of Debian's libstdc++. */
const fuzzPackages = ['g++', 'make', 'clang-16', 'libclang-rt-16-dev'];
const packagesFor = {
  arm64: arm64Packages,
  demo: demoPackages,
  bench: [...demoPackages, 'wrk'],
  test: testPackages,
  stress: stressPackages,
  sanitize: ['patchelf'],
  fuzz: fuzzPackages,
  'fuzz-coverage': [...fuzzPackages, 'llvm-16'],
};

const servicePolicy = '/usr/sbin/policy-rc.d';

const clusterSettings = '/etc/postgresql-common/createcluster.conf';
const aptEnvironment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

function aptGet(...args) {
  return run('apt-get', ['-q', '-y', ...args], { env: aptEnvironment });
}

const install = (packages) => aptGet('install', '--no-install-recommends', ...packages);

/** dpkg-query fails when it does not know one of them, and lists the others all the same. */
async function missingOf(packages) {
  const args = ['-W', '-f', '${Package} ${db:Status-Status}\n', ...packages];
  const listing = await run('dpkg-query', args).catch((error) => error.output);
  const installed = new Set(listing.split('\n'));
  return packages.filter((name) => !installed.has(`${name} installed`));
}

/**
 * Debian's server package makes and starts a cluster of its own when first installed. Nothing here
 * uses it, so its creation is switched off meanwhile (pg_createcluster(8)).
 */
async function withoutMainCluster(task) {
  await install(['postgresql-common']);
  const settings = readFileSync(clusterSettings, 'utf8');
  writeFileSync(clusterSettings, `${settings}\ncreate_main_cluster = false\n`);
  try {
    await task();
  } finally {
    writeFileSync(clusterSettings, settings);
  }
}

/** Tests start servers of their own: none is to run because its package was installed (invoke-rc.d(8)). */
async function withoutServices(task) {
  if (existsSync(servicePolicy)) return task();
  writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await task();
  } finally {
    rmSync(servicePolicy);
  }
}

async function installAsRoot(missing) {
  console.log(`Installing Debian packages: ${missing.join(' ')}`);
  await aptGet('update');
  await withoutServices(async () => {
    if (missing.includes('postgresql')) await withoutMainCluster(() => install(missing));
    else await install(missing);
  });
}

function adviceFor(missing) {
  return `These Debian packages are missing; install them and try again:

  sudo apt-get install ${missing.join(' ')}
`;
}

/** Installs what is missing when run as root; otherwise throws, naming the packages. */
export async function ensureDebianPackages(purpose) {
  if (!existsSync('/usr/bin/dpkg-query')) return;
  const missing = await missingOf(packagesFor[purpose]);
  if (missing.length === 0) return;
  if (process.getuid() !== 0) throw new Failure(adviceFor(missing));
  await installAsRoot(missing);
}
