import { isBuiltin } from 'node:module';

import { findPatch } from '../patches';
import type { PackageFindings } from './findings';

/** What there is to say of a module of Node's own that there is a patch for: it has no files to look into. */
export function examineBuiltin(name: string): PackageFindings | undefined {
  const version = process.versions.node;
  const found = isBuiltin(name) ? findPatch(name, version) : undefined;
  if (found === undefined) return undefined;
  const { versions, families, why } = found.patch;
  const options = families.map((family) => `${family}: true`).join(', ');
  return {
    name,
    version,
    directory: process.execPath,
    verdict: 'green',
    patches: [{ name, versions, inRange: found.inRange, families, why }],
    families: [...families],
    objects: [],
    problems: [],
    rejected: [],
    advice: [
      `Call monkeyPatch({ ${options} }) and use it in green threads. Its reads and writes of files block, briefly.`,
    ],
  };
}
