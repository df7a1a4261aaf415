import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { initSync, parse } from 'cjs-module-lexer';

import { type InstanceDescription, memberUrl, partOf } from './description';

/** The names that a CommonJS file exports, as Node itself finds them for `import`. */
function namesOf(file: string): string[] {
  initSync();
  try {
    return parse(readFileSync(file, 'utf8')).exports;
  } catch {
    return []; // `import` of what cannot be parsed has a default export only
  }
}

function exportLines(names: readonly string[]): string {
  const lines = names
    .filter((name) => name !== 'default' && name !== 'module.exports')
    .map((name, index) => {
      const key = JSON.stringify(name);
      return `const $${index} = value?.[${key}];\nexport { $${index} as ${key} };`;
    });
  return ['export default value;', 'export { value as "module.exports" };', ...lines].join('\n');
}

/** For `require` of an ES module: what is exported as "module.exports" is what it gives. */
const requiredSources = {
  namespace: (url: string) => `import * as all from ${url};\nexport { all as "module.exports" };\n`,
  default: (url: string) => `export * from ${url};\nexport { default } from ${url};\n`,
  named: (url: string) => `export * from ${url};\n`,
};

/** The text of a module that passes on a part of an instance. */
export function sourceOf(
  url: string,
  instances: ReadonlyMap<string, InstanceDescription>,
): string | undefined {
  const found = partOf(url);
  const instance = found && instances.get(found.id);
  if (found === undefined || instance === undefined) return undefined;
  const { kind, key } = found.part;
  if (kind === 'namespace' || kind === 'default' || kind === 'named') {
    return requiredSources[kind](JSON.stringify(memberUrl(instance, key)));
  }
  const names = kind === 'commonjs' ? namesOf(key) : (instance[kind][key] ?? []);
  const values = pathToFileURL(require.resolve('./instance')).href;
  const which = [found.id, kind, key].map((text) => JSON.stringify(text)).join(', ');
  return (
    `import { valueOf } from ${JSON.stringify(values)};\n` +
    `const value = valueOf(${which});\n${exportLines(names)}\n`
  );
}
