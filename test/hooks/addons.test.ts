import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Project } from '../support/project';

const project = new Project();
afterAll(() => project.remove());

/** A package with an addon of its own. */
function add(directory: string, name: string, manifest: object = {}): void {
  const isModule = 'type' in manifest;
  const text = isModule
    ? "import { createRequire } from 'node:module';\nexport const calls = createRequire(import.meta.url)('./calls.node');"
    : "exports.calls = require('./calls.node');";
  project.addPackage(directory, { name, main: 'index.js', ...manifest }, { 'index.js': text });
  project.addAddon(`${directory}/calls.node`);
}

beforeAll(() => {
  for (const name of ['required', 'created', 'imported', 'dynamic', 'versions', 'worker']) {
    add(`node_modules/${name}`, name);
  }
  add('node_modules/modular', 'modular', { type: 'module' });
  add('node_modules/.pnpm/stored@1.0.0/node_modules/stored', 'stored');
  project.link(
    'node_modules/stored',
    project.path('node_modules/.pnpm/stored@1.0.0/node_modules/stored'),
  );
  add('packages/workspace', '@own/workspace');
  project.link('node_modules/@own/workspace', project.path('packages/workspace'));
  add('node_modules/parent/node_modules/versions', 'versions', { version: '2.0.0' });
  const passesOn = "module.exports = require('versions');";
  project.addPackage('node_modules/parent', { name: 'parent' }, { 'index.js': passesOn });
  project.addAddon('bundle/3f9a.bin');

  // A green thread waits when spawn() returns; a call that blocks is over then.
  project.write(
    'is-green.cjs',
    "const { spawn } = require('greenify'); exports.isGreen = ({ calls }) => spawn(() => calls.usleep(1000)).state === 'waiting';",
  );
  project.write(
    'worker.cjs',
    "require('node:worker_threads').parentPort.postMessage(require('./is-green.cjs').isGreen(require('worker')));",
  );
  project.write(
    'main.mjs',
    `
    import { once } from 'node:events';
    import { createRequire } from 'node:module';
    import { Worker } from 'node:worker_threads';
    import { isMonkeyPatched } from 'greenify';
    import { isGreen } from './is-green.cjs';
    import * as imported from 'imported';
    import * as modular from 'modular';
    import stored from 'stored';
    import workspace from '@own/workspace';
    const require = createRequire(import.meta.url);
    const bundle = { exports: {} };
    process.dlopen(bundle, ${JSON.stringify(project.path('bundle/3f9a.bin'))});
    const loaded = {
      imported, modular, stored, '@own/workspace': workspace,
      required: require('./required.cjs'), created: require('created'), dynamic: await import('dynamic'),
      versions: require('versions'), 'versions 2': require('parent'), bundle: { calls: bundle.exports },
    };
    const green = Object.entries(loaded).filter(([, exports]) => isGreen(exports)).map(([name]) => name);
    if ((await once(new Worker('./worker.cjs'), 'message'))[0]) green.push('worker');
    const names = Object.keys(loaded).filter((name) => isMonkeyPatched(name));
    console.log(JSON.stringify({ green, names, distinct: loaded.versions.calls !== loaded['versions 2'].calls }));`,
  );
  project.write('required.cjs', "module.exports = require('required');");
});

describe.each(['--import', '--require'])('node %s greenify/register', (flag) => {
  it('makes addons green however and from wherever they are loaded', async () => {
    const ended = await project.run([flag, 'greenify/register', 'main.mjs']);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const packages = [
      ...['imported', 'modular', 'stored', '@own/workspace', 'required', 'created', 'dynamic'],
      'versions',
    ];
    expect(JSON.parse(ended.stdout)).toEqual({
      green: [...packages, 'versions 2', 'bundle', 'worker'],
      names: packages,
      distinct: true,
    });
  });

  it('ends at once with what is wrong with GREENIFY', async () => {
    const env = { GREENIFY: 'sockets' };
    const ended = await project.run([flag, 'greenify/register', 'main.mjs'], { env });
    expect(ended).toMatchObject({ code: 1, stdout: '' });
    expect(ended.stderr).toMatch(
      /GREENIFY=sockets: unknown key "sockets"; give some of socket, sleep/,
    );
  });
});
