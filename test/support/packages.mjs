/** The real packages (pg-native, pg, …) that the set-up installs once per Node ABI. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from '../../scripts/lib/paths.mjs';

const directory = join(cacheDirectory, 'packages', `abi-${process.versions.modules}`);
/** What only the stress suite or the benchmarks need has folders of its own below. */
const folders = ['stress', 'bench'];

function folderOf(name) {
  return folders.find((folder) => existsSync(join(directory, folder, 'node_modules', name))) ?? '.';
}

/** The node_modules of the fast suite, for the running Node's ABI. */
export const packagesDirectory = join(directory, 'node_modules');

/** `require`, from the packages of the running Node's ABI. */
export function requirePackage(name) {
  const [scopeOrName, inScope] = name.split('/');
  const folder = folderOf(name.startsWith('@') ? `${scopeOrName}/${inScope}` : scopeOrName);
  try {
    return createRequire(join(directory, folder, 'package.json'))(name);
  } catch (cause) {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(
      `${name} is not installed in ${directory}: run "node scripts/setup.mjs --for demo" first, ` +
        '"--for stress" for what only the stress suite needs, "--for bench" for the benchmarks',
      { cause },
    );
  }
}

/** Where a package is installed for the running Node's ABI. */
export function packagePath(name) {
  return join(directory, folderOf(name), 'node_modules', name);
}
