/** The real packages (pg-native, pg, …) that the set-up installs once per Node ABI. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from '../../scripts/lib/paths.mjs';

const directory = join(cacheDirectory, 'packages', `abi-${process.versions.modules}`);
const requireFrom = createRequire(join(directory, 'package.json'));

/** Their node_modules, for the running Node's ABI. */
export const packagesDirectory = join(directory, 'node_modules');

/** `require`, from the packages of the running Node's ABI. */
export function requirePackage(name) {
  try {
    return requireFrom(name);
  } catch (cause) {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(
      `${name} is not installed in ${directory}: run "node scripts/setup.mjs --for demo" first`,
      { cause },
    );
  }
}

/** Where a package is installed for the running Node's ABI. */
export function packagePath(name) {
  return join(directory, 'node_modules', name);
}
