// Where things live in a checkout or an installed package.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory that holds package.json. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The published package has no tests. */
export const isCheckout = existsSync(join(root, 'test'));

/** Everything downloaded or made for development; safe to delete at any time. */
export const cacheDirectory = join(root, '.cache');

/**
 * What `npm run compatibility` fetches. Not below .cache: web servers, tested there, hide files below
 * directories whose names begin with a dot.
 */
export const compatibilityDirectory = join(root, 'build/compatibility');

/** The directory of the addon built for one Node ABI and processor (`target` of node.mjs), for use or for sanitizers. */
export function abiDirectory(target, { sanitize = false } = {}) {
  return join(root, sanitize ? 'build/sanitized' : 'build', `abi-${target}`);
}
