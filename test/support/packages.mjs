/** The real packages (pg-native, pg, …) that the set-up installs once per Node ABI. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cacheDirectory } from '../../scripts/lib/paths.mjs';

const directory = join(cacheDirectory, 'packages', `abi-${process.versions.modules}`);
/** The packages of the stress suite lie below the others, from where both are found. */
const requireFrom = createRequire(join(directory, 'stress/package.json'));

/** The node_modules of the fast suite, for the running Node's ABI. */
export const packagesDirectory = join(directory, 'node_modules');

/** `require`, from the packages of the running Node's ABI. */
export function requirePackage(name) {
  try {
    return requireFrom(name);
  } catch (cause) {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause;
    throw new Error(
      `${name} is not installed in ${directory}: run "node scripts/setup.mjs --for demo" first, ` +
        '"--for stress" for what only the stress suite needs',
      { cause },
    );
  }
}

/** Where a package is installed for the running Node's ABI. */
export function packagePath(name) {
  const ofStress = join(directory, 'stress/node_modules', name);
  return existsSync(ofStress) ? ofStress : join(packagesDirectory, name);
}
