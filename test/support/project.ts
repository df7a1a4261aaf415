import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ChildOptions, type Ended, runNode } from './child';
import { fixturePath } from './fixtures';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A project of somebody who uses greenify, in a directory of its own. */
export class Project {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'greenify-project-')));

  constructor() {
    this.link('node_modules/greenify', root);
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file; an object becomes JSON. */
  write(name: string, content: string | object): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), typeof content === 'string' ? content : JSON.stringify(content));
  }

  link(name: string, target: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    symlinkSync(target, this.path(name));
  }

  /** A package of files beside its package.json, such as `{ 'index.js': '…' }`. */
  addPackage(directory: string, manifest: object, files: Record<string, string> = {}): void {
    this.write(join(directory, 'package.json'), { version: '1.0.0', ...manifest });
    for (const [name, text] of Object.entries(files)) this.write(join(directory, name), text);
  }

  /** An addon that nothing else has loaded: a copy of the fixture `calls`, which has usleep() and read(). */
  addAddon(name: string): void {
    this.copy(fixturePath('calls'), name);
  }

  copy(source: string, name: string): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    copyFileSync(source, this.path(name));
  }

  run(args: string[], options: ChildOptions = {}): Promise<Ended> {
    return runNode(args, { cwd: this.directory, ...options });
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
