import { createRequire } from 'node:module';

import { packageOfFile } from './manifest';

const { cache } = createRequire(__filename);

/** The addons that a CommonJS module has loaded, itself or through what it requires, as paths. */
function addonsBelow(root: NodeModule): string[] {
  const addons = new Set<string>();
  const seen = new Set<NodeModule>();
  const pending = [root];
  for (let module = pending.pop(); module !== undefined; module = pending.pop()) {
    if (seen.has(module)) continue;
    seen.add(module);
    if (module.filename.endsWith('.node')) addons.add(module.filename);
    pending.push(...module.children);
  }
  return [...addons];
}

function loadedModules(): NodeModule[] {
  return Object.values(cache).filter((module) => module !== undefined);
}

/** The addons behind a module object: what some loaded CommonJS module exports. */
export function objectsOfModule(exported: object): string[] {
  const modules = loadedModules().filter((module) => module.exports === exported);
  return [...new Set(modules.flatMap(addonsBelow))];
}

/** The addons that the loaded modules of a package have loaded, themselves or through their dependencies. */
export function objectsOfPackage(name: string): string[] {
  const modules = loadedModules().filter(({ filename }) => packageOfFile(filename)?.name === name);
  return [...new Set(modules.flatMap(addonsBelow))];
}
