import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { ChildOptions } from './child';
import { packagePath } from './packages.mjs';
import { Project } from './project';

const scripts = fileURLToPath(new URL('../fixtures/scripts/patches', import.meta.url));

/** A project that has real packages installed, and the scripts about patches, which import them plainly. */
export class PackageProject extends Project {
  /** @param packages by the names that they are imported by, the names that the tests install them under */
  constructor(packages: Record<string, string>) {
    super();
    cpSync(scripts, this.path('scripts'), { recursive: true });
    for (const [name, installed] of Object.entries(packages)) {
      this.link(`node_modules/${name}`, packagePath(installed));
    }
  }

  /** Runs a script to its good end; what it printed last, as JSON. libpq, imported, prints where its addon is. */
  async runScript(name: string, args: unknown[] = [], options?: ChildOptions): Promise<unknown> {
    const texts = args.map((arg) => (typeof arg === 'string' ? arg : JSON.stringify(arg)));
    const ended = await this.run([`scripts/${name}`, ...texts], options);
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    return JSON.parse(ended.stdout.trim().split('\n').at(-1) ?? '');
  }
}
