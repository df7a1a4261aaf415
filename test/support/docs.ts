import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The first JavaScript example of a page in docs, such as `packages/koffi`. */
export function exampleOf(page: string): string {
  const text = readFileSync(`${root}docs/${page}.md`, 'utf8');
  const example = /```js\n([^]*?)```/.exec(text)?.[1];
  if (example === undefined) throw new Error(`docs/${page}.md has no example`);
  return example;
}
