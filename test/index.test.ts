import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esm from 'greenify';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { runModule, runNode } from './support/child';

const root = fileURLToPath(new URL('..', import.meta.url));
const cjs = createRequire(import.meta.url)('greenify') as typeof esm;

// To the names of a CommonJS module.
const addedByNode = ['__esModule', 'module.exports'];

describe('the package', () => {
  it('exports the public API, and the same to both kinds of modules', () => {
    const names = [
      'CancelledError',
      'GreenThread',
      'GreenifyError',
      'async_',
      'await_',
      'current',
      'green',
      'importPatched',
      'isGreen',
      'isMonkeyPatched',
      'monkeyPatch',
      'original',
      'patchBlocking',
      'patchLib',
      'registerPatch',
      'report',
      'requirePatched',
      'sleep',
      'spawn',
      'unpatchLib',
    ];
    const exported = (module: object): string[] =>
      Object.keys(module)
        .filter((name) => !addedByNode.includes(name))
        .sort();
    expect(exported(esm)).toEqual(names);
    expect(exported(cjs)).toEqual(names);
  });

  it('shares its state between ES modules and CommonJS', async () => {
    expect(cjs.spawn).toBe(esm.spawn);
    const thread = esm.spawn(() => ({ current: cjs.current(), green: cjs.isGreen() }));
    expect(await thread).toEqual({ current: thread, green: true });
    expect(thread).toBeInstanceOf(cjs.GreenThread);
  });

  it('gives its package.json to those who ask', () => {
    const { name } = createRequire(import.meta.url)('greenify/package.json') as { name: string };
    expect(name).toBe('greenify');
  });

  it('works as an ES module on its own', async () => {
    const ended = await runModule(`
      import { await_, spawn, sleep } from 'greenify';
      import { setTimeout as delay } from 'node:timers/promises';
      const thread = spawn(() => {
        sleep(1);
        return await_(delay(1, 'from an ES module'));
      });
      console.log(await thread);
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'from an ES module\n', stderr: '' });
  });

  it('changes nothing when it is only loaded', async () => {
    const ended = await runNode([
      '--expose-gc',
      '--input-type=commonjs',
      '--eval',
      `const handles = () => process.getActiveResourcesInfo().sort().join();
       const keys = () => Reflect.ownKeys(globalThis).length;
       const before = [handles(), keys(), process.listenerCount('exit')];
       const greenify = require('greenify');
       const after = [handles(), keys(), process.listenerCount('exit')];
       console.log(before.join() === after.join(), greenify.isMonkeyPatched('socket'));`,
    ]);
    expect(ended).toMatchObject({ code: 0, stdout: 'true false\n' });
  });
});

describe('types', () => {
  const consumer = `
    import { async_, await_, type GreenThread, monkeyPatch, type PatchReport, spawn } from 'greenify';
    const thread: GreenThread<number> = spawn((a: number, b: string) => a + b.length, 1, 'two');
    const length: (text: string) => GreenThread<number> = async_((text: string) => text.length);
    const anyThreads: GreenThread[] = [thread];
    const text: string = await_(Promise.resolve('text'));
    const report: PatchReport = monkeyPatch({ socket: true });
    // @ts-expect-error wrong argument
    spawn((a: number) => a, 'not a number');
    // @ts-expect-error unknown family
    monkeyPatch({ sockets: true });
    export { anyThreads, length, report, text, thread };
  `;

  /** What the compiler says about files of these names with that text. */
  function diagnose(names: string[]): string[] {
    const paths = names.map((name) => join(root, name));
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.Node20,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: [],
    };
    const host = ts.createCompilerHost(options);
    const onDisk = { ...host };
    host.fileExists = (file) => paths.includes(file) || onDisk.fileExists(file);
    host.getSourceFile = (file, version) =>
      paths.includes(file)
        ? ts.createSourceFile(file, consumer, version)
        : onDisk.getSourceFile(file, version);
    return ts
      .getPreEmitDiagnostics(ts.createProgram(paths, options, host))
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  }

  it('are found by ES modules and by CommonJS', () => {
    expect(diagnose(['consumer.mts', 'consumer.cts'])).toEqual([]);
  });
});
