import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The JavaScript example of a package's page in docs/packages. */
export function exampleOf(page: string): string {
  const text = readFileSync(`${root}docs/packages/${page}.md`, 'utf8');
  const example = /```js\n([^]*?)```/.exec(text)?.[1];
  if (example === undefined) throw new Error(`docs/packages/${page}.md has no example`);
  return example;
}
