import type { Ended } from './child';
import { exampleOf } from './docs';
import { packagePath } from './packages.mjs';
import { Project } from './project';

/** Runs the example of docs/packages/<name>.md, pasted into a project of somebody who has installed the package. */
export async function runDocsExample(name: string): Promise<Ended> {
  const project = new Project();
  try {
    project.link(`node_modules/${name}`, packagePath(name));
    project.write('example.mjs', exampleOf(name));
    return await project.run(['example.mjs']);
  } finally {
    project.remove();
  }
}
