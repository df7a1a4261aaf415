import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registryReport } from '../../dist/registry/registry';
import { Project } from '../support/project';

const project = new Project();
beforeAll(() => {
  for (const name of ['first', 'second']) {
    project.addPackage(
      `node_modules/${name}`,
      { name },
      { 'index.js': "exports.calls = require('./calls.node');" },
    );
    project.addAddon(`node_modules/${name}/calls.node`);
  }
});
afterAll(() => project.remove());

async function result(code: string): Promise<unknown> {
  project.write('main.cjs', code);
  const ended = await project.run(['main.cjs']);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout);
}

const patch = (name: string): string =>
  `registerPatch({ name: '${name}', versions: '^1.0.0', families: ['sleep'], why: 'a test', wrap() {} });`;

describe('the registry', () => {
  it('has nothing to report before anybody asks', () => {
    expect(registryReport()).toMatchObject({ requests: [], packages: [], objects: [], shared: [] });
  });

  it('knows what was asked, what was patched, by which rule and with what result', async () => {
    const report = (await result(`
      const { monkeyPatch, patchLib, registerPatch, requirePatched } = require('greenify');
      const { registryReport } = require('greenify/package.json') && require('./node_modules/greenify/dist/registry/registry');
      ${patch('first')}
      requirePatched('second', { sleep: true });
      monkeyPatch({ sleep: true });
      monkeyPatch({ socket: true });
      require('first');
      console.log(JSON.stringify(registryReport()));`)) as ReturnType<typeof registryReport>;
    expect(report.requests).toEqual([
      { by: 'importPatched', families: ['sleep'], subject: 'second' },
      { by: 'monkeyPatch', families: ['socket', 'sleep'] },
    ]);
    const about = report.packages.map(({ name, rule, wrapping }) => [name, rule, wrapping]);
    expect(about).toContainEqual(['first', 'patch', 'wrapped']);
    expect(about).toContainEqual(['second', 'generic', 'untouched']);
    const first = report.objects.find(({ package: name }) => name === 'first@1.0.0');
    expect(first).toMatchObject({ rule: 'patch', unaligned: [] });
    expect(first?.functions).toContainEqual({
      name: 'usleep',
      family: 'sleep',
      strategy: 'timer',
      slots: 1,
    });
  });
});

describe('the channel greenify:patch', () => {
  it('tells of each object once, when it gets green', async () => {
    const events = await result(`
      const { basename, dirname } = require('node:path');
      const events = [];
      require('node:diagnostics_channel').subscribe('greenify:patch', ({ by, path, rule, functions }) => {
        if (path.endsWith('calls.node')) events.push([by, basename(dirname(path)), rule, functions.length > 0]);
      });
      const { monkeyPatch, registerPatch } = require('greenify');
      ${patch('second')}
      require('first');
      monkeyPatch();
      monkeyPatch();
      require('second');
      console.log(JSON.stringify(events));`);
    expect(events).toEqual([
      ['monkeyPatch', 'first', 'generic', true],
      ['loading', 'second', 'patch', true],
    ]);
  });

  it('tells of an object again that was put back meanwhile', async () => {
    const events = await result(`
      const events = [];
      require('node:diagnostics_channel').subscribe('greenify:patch', ({ by }) => events.push(by));
      const { patchLib, unpatchLib } = require('greenify');
      const path = require.resolve('first/calls.node');
      require('first');
      patchLib(path);
      patchLib(path);
      unpatchLib(path);
      patchLib(path);
      console.log(JSON.stringify(events));`);
    expect(events).toEqual(['patchLib', 'patchLib']);
  });
});

describe('the channels greenify:wait and greenify:pin', () => {
  it('tell what green threads waited for, from when somebody subscribes until nobody does', async () => {
    const events = (await result(`
      const { subscribe, unsubscribe } = require('node:diagnostics_channel');
      const { runInNewContext } = require('node:vm');
      const { setTimeout: delay } = require('node:timers/promises');
      const { sleep, spawn } = require('greenify');
      const events = [];
      const listener = ({ thread, kind, milliseconds }) =>
        events.push([kind, thread?.name, milliseconds === undefined ? null : milliseconds >= 20]);
      (async () => {
        await spawn(() => sleep(1));
        subscribe('greenify:wait', listener);
        subscribe('greenify:pin', listener);
        await spawn(function waits() { sleep(20); });
        await spawn(function pinned() { runInNewContext('sleep(1)', { sleep }, { timeout: 10_000 }); });
        await delay(50);
        unsubscribe('greenify:wait', listener);
        unsubscribe('greenify:pin', listener);
        await spawn(function unseen() { sleep(1); });
        await delay(50);
        console.log(JSON.stringify(events));
      })();`)) as unknown[];
    expect(events).toEqual([
      ['hub', 'waits', true],
      ['pin', 'pinned', null],
    ]);
  });

  it('tell the rest when the process ends', async () => {
    const event = await result(`
      const { subscribe } = require('node:diagnostics_channel');
      const { sleep, spawn } = require('greenify');
      subscribe('greenify:wait', ({ kind, thread }) => console.log(JSON.stringify([kind, thread.name])));
      spawn(function last() { sleep(1); process.exit(); });`);
    expect(event).toEqual(['hub', 'last']);
  });
});
