import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Ended } from './child';
import { packagePath } from './packages.mjs';
import { Project } from './project';

/** Runs the example of docs/packages/<name>.md, pasted into a project of somebody who has installed the package. */
export async function runDocsExample(name: string): Promise<Ended> {
  const page = fileURLToPath(new URL(`../../docs/packages/${name}.md`, import.meta.url));
  const project = new Project();
  try {
    project.link(`node_modules/${name}`, packagePath(name));
    project.write('example.mjs', /```js\n([^]*?)```/.exec(readFileSync(page, 'utf8'))?.[1] ?? '');
    return await project.run(['example.mjs']);
  } finally {
    project.remove();
  }
}
