// A compiler cache for checkouts: most files are the same for every Node version that is tested.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDirectory, isCheckout, root } from './paths.mjs';

/** Debian's ccache has links here that are named as the compilers are, ccache(1). */
const links = '/usr/lib/ccache';

/** `env` with the cache in front of the compilers, where there is one and nobody chose a compiler. */
export function withCompilerCache(env) {
  if (!isCheckout || env.CXX || !existsSync(join(links, 'g++'))) return env;
  return {
    CCACHE_DIR: join(cacheDirectory, 'ccache'),
    CCACHE_BASEDIR: root,
    CCACHE_NOHASHDIR: '1',
    ...env,
    PATH: `${links}:${env.PATH}`,
  };
}
