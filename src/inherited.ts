/**
 * What children and workers of a process that passes its settings on load before anything else. A child may be another
 * Node than its parent, one that cannot have green threads, or lack a permission: it runs as without greenify then.
 */
import { createRequire } from 'node:module';
import { getEnvironmentData } from 'node:worker_threads';

import type * as Choose from './choose';
import type * as Monkey from './monkey';
import { workerKey } from './processes/keys';

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  const inherited = getEnvironmentData(workerKey);
  const load = createRequire(__filename);
  const { optionsOfText } = load('./choose') as typeof Choose;
  const { monkeyPatch } = load('./monkey') as typeof Monkey;
  monkeyPatch(
    optionsOfText(typeof inherited === 'string' ? inherited : (process.env['GREENIFY'] ?? '')),
  );
} catch (error) {
  process.emitWarning(
    `nothing is green here, though the parent process asks for it: ${reasonOf(error)}`,
    {
      type: 'GreenifyWarning',
      code: 'GREENIFY_NOT_INHERITED',
    },
  );
}
