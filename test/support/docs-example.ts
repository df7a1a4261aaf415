import type { Ended } from './child';
import { exampleOf } from './docs';
import { packagePath } from './packages.mjs';
import { Project } from './project';

/** Runs the example of docs/packages/<name>.md, or another page, in a project of somebody who has the package. */
export async function runDocsExample(name: string, page = `packages/${name}`): Promise<Ended> {
  const project = new Project();
  try {
    project.link(`node_modules/${name}`, packagePath(name));
    project.write('example.mjs', exampleOf(page));
    return await project.run(['example.mjs']);
  } finally {
    project.remove();
  }
}
