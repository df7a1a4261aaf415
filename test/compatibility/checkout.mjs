// Fetches a suite's tests from its repository and puts them together with the package under test.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { digest, readStamp, writeStamp } from '../../scripts/lib/digest.mjs';
import { cacheDirectory, compatibilityDirectory, root } from '../../scripts/lib/paths.mjs';
import { Failure, run } from '../../scripts/lib/process.mjs';
import { labelOf } from './suites.mjs';

const manifests = ['test/packages/package.json', 'test/packages/stress/package.json'];
const npmInstall = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-save'];

/** The version of the package under test: "1.11.0", or "npm:better-sqlite3@13.2.0" for an alias. */
export function versionOf(suite) {
  if (suite.version) return suite.version;
  const dependencies = manifests.map(
    (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).dependencies,
  );
  const wanted = Object.assign({}, ...dependencies)[suite.package];
  if (!wanted) throw new Failure(`${suite.package} is in none of ${manifests.join(', ')}`);
  return wanted.slice(wanted.lastIndexOf('@') + 1);
}

/** Everything about a suite: its checkout, logs. */
export function suiteDirectory(suite) {
  return join(compatibilityDirectory, `${suite.name}-${versionOf(suite)}`);
}

/** The root of the package under test, where its tests are run. */
export function packageDirectory(suite) {
  return join(suiteDirectory(suite), 'checkout', suite.directory ?? '.');
}

/** Files that are left out are never fetched: git-clone(1), "--filter". */
async function fetchCommit(suite, ref, checkout) {
  const git = (...args) => run('git', ['-C', checkout, ...args]);
  await git('init', '--quiet');
  await git('config', 'remote.origin.url', suite.repository);
  if (suite.files) await git('sparse-checkout', 'set', '--no-cone', ...suite.files);
  await git('fetch', '--quiet', '--depth=1', '--filter=blob:none', 'origin', ref);
  await git('checkout', '--quiet', 'FETCH_HEAD');
  return ref;
}

/** An archive has everything in one directory: the `*` here. */
const patternInArchive = (file) => `*${file.replace(/\/$/, '')}`;

async function fetchArchive(suite, address, checkout) {
  const archive = join(suiteDirectory(suite), basename(address));
  await run('curl', ['--fail', '--silent', '--show-error', '--location', '-o', archive, address]);
  const members = suite.files.map(patternInArchive);
  const options = ['--strip-components=1', '--wildcards', '--no-wildcards-match-slash'];
  await run('tar', ['-xf', archive, '-C', checkout, ...options, ...members]);
  rmSync(archive);
  return basename(address);
}

async function fetchTests(suite, checkout) {
  const failures = [];
  for (const ref of suite.refs) {
    const fetchRef = ref.startsWith('https:') ? fetchArchive : fetchCommit;
    try {
      return await fetchRef(suite, ref, checkout);
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Failure(
    `None of ${suite.refs.join(', ')} can be fetched from ${suite.repository}: is it reachable, ` +
      `and does it have the tests of ${suite.name} ${versionOf(suite)}?\n${failures.join('\n')}`,
  );
}

async function install(suite, checkout) {
  rmSync(checkout, { recursive: true, force: true });
  mkdirSync(checkout, { recursive: true });
  const ref = await fetchTests(suite, checkout);
  if (!existsSync(join(packageDirectory(suite), 'package.json'))) return ref;
  console.log(`${labelOf(suite)}: installing what the tests of ${ref} need`);
  // A directory of a monorepo is installed on its own.
  const args = [...npmInstall, '--workspaces=false', ...(suite.dependencies ?? [])];
  await run('npm', args, { cwd: packageDirectory(suite) });
  return ref;
}

/** Fetches and installs unless that was done before; resolves with the ref whose tests are there. */
export async function ensureCheckout(suite) {
  const stamp = join(suiteDirectory(suite), 'stamp.json');
  const { refs, directory, dependencies, files } = suite;
  const inputs = digest({ strings: [JSON.stringify({ refs, directory, dependencies, files })] });
  const done = JSON.parse(readStamp(stamp) || '{}');
  if (done.inputs === inputs) return done.ref;
  console.log(`${labelOf(suite)}: fetching ${suite.repository}`);
  const ref = await install(suite, join(suiteDirectory(suite), 'checkout'));
  writeStamp(stamp, JSON.stringify({ inputs, ref }));
  return ref;
}

function installedPath(node, name) {
  const directory = join(cacheDirectory, 'packages', `abi-${node.abi}`);
  const paths = ['stress/node_modules', 'node_modules'].map((part) => join(directory, part, name));
  const found = paths.find((path) => existsSync(path));
  if (!found)
    throw new Failure(`${name} is not installed for Node ${node.version} in ${directory}`);
  return found;
}

/** Its own tests come from the repository, its dependencies from the installation there. */
function isPartOfPackage(packagePath) {
  const left = ['node_modules', 'test', 'tests'].map((name) => join(packagePath, name));
  return (path) => !left.some((prefix) => path === prefix || path.startsWith(prefix + sep));
}

/** Puts the published package, its addon compiled for `node`, in the place of the repository's. */
export async function placePackages(suite, node) {
  const directory = packageDirectory(suite);
  for (const [name, place] of Object.entries(suite.installed ?? {})) {
    const from = installedPath(node, name);
    cpSync(from, join(directory, place), {
      recursive: true,
      force: true,
      filter: isPartOfPackage(from),
    });
  }
  for (const [command, ...args] of suite.prepare ?? []) {
    await run(command, args, { cwd: directory });
  }
}

/** What a program printed during one run is kept here. */
export function logFile(suite, node, mode) {
  const file = join(suiteDirectory(suite), 'logs', `node-${node.version}-${mode}.log`);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}
