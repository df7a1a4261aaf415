/** examples/addon as a project of its own, built for the running Node. */
import { cpSync, mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNodeGyp } from '../../scripts/lib/gyp.mjs';
import { runningNode } from '../../scripts/lib/node.mjs';
import { root } from '../../scripts/lib/paths.mjs';

/** Gives its directory, which the caller removes. */
export async function buildExampleAddon() {
  const directory = mkdtempSync(join(tmpdir(), 'greenify-example-addon-'));
  cpSync(join(root, 'examples/addon'), directory, {
    recursive: true,
    filter: (source) => !/\/(build|node_modules)$/.test(source),
  });
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(root, join(directory, 'node_modules/greenify'));
  await runNodeGyp(runningNode(), directory, { jobs: 1 });
  return directory;
}
