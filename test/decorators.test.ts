import { fileURLToPath } from 'node:url';
import { async_, await_ } from 'greenify';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { runCommonJs } from './support/child';

const directory = fileURLToPath(new URL('.', import.meta.url));

const source = `
  import { async_, await_, current, isGreen, sleep, spawn } from 'greenify';

  declare const console: { log(text: string): void };

  class Store {
    readonly #prefix = 'of ';
    static instances = 0;

    @async_
    slow(name: string): string | Promise<string> {
      sleep(1);
      return this.#prefix + name + ' ' + isGreen();
    }

    @async_
    static count(more: number): number | Promise<number> {
      sleep(1);
      return this.instances + more;
    }

    @await_
    async now(value: number): Promise<number> {
      await Promise.resolve();
      return this.#prefix.length + value;
    }
  }

  const store = new Store();
  void (async () => {
    const results: unknown[] = [await store.slow('Ada'), await Store.count(2)];
    results.push(await spawn(() => [store.now(1), store.now.name, store.now.length, store.slow.name].join()));
    results.push(Object.keys(store).length, String(current()));
    console.log(results.join(' | '));
  })();
`;

const kinds = [
  ['standard', false],
  ['experimentalDecorators', true],
] as const;

const optionsOf = (experimentalDecorators: boolean): ts.CompilerOptions => ({
  module: ts.ModuleKind.CommonJS,
  moduleResolution: ts.ModuleResolutionKind.Node16,
  target: ts.ScriptTarget.ES2022,
  strict: true,
  skipLibCheck: true,
  lib: ['lib.es2023.d.ts', 'lib.decorators.d.ts', 'lib.decorators.legacy.d.ts'],
  types: [],
  experimentalDecorators,
});

/** What the compiler says about a CommonJS file of this text. */
function diagnose(text: string, experimentalDecorators: boolean): string[] {
  const path = `${directory}consumer.cts`;
  const options = {
    ...optionsOf(experimentalDecorators),
    module: ts.ModuleKind.Node16,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const onDisk = { ...host };
  host.fileExists = (file) => file === path || onDisk.fileExists(file);
  host.getSourceFile = (file, version, ...more) =>
    file === path
      ? ts.createSourceFile(file, text, version)
      : onDisk.getSourceFile(file, version, ...more);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

describe.each(kinds)('as decorators of methods, %s', (_kind, experimental) => {
  it('async_ and await_ keep this, name and length', async () => {
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: optionsOf(experimental),
    });
    const { code, stdout, stderr } = await runCommonJs(outputText);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe('of Ada true | 2 | 4,now,1,slow | 0 | undefined\n');
  });

  it('have types', () => {
    const wrong = `class Wrong {
      ${experimental ? '' : '// @ts-expect-error a promise is no number'}
      @async_ value(): number { return 1; }
    }
    export { Wrong };`;
    expect(diagnose(`${source}\n${wrong}`, experimental)).toEqual([]);
  });
});

describe('standard decorators', () => {
  it('work on fields that hold functions', async () => {
    const { outputText } = ts.transpileModule(
      `import { async_, isGreen } from 'greenify';
       class Holder { base = 40; @async_ sum = (more: number): unknown => [this.base + more, isGreen()]; }
       Promise.resolve(new Holder().sum(2)).then((result) => console.log(String(result)));`,
      { compilerOptions: optionsOf(false) },
    );
    expect(await runCommonJs(outputText)).toMatchObject({ code: 0, stdout: '42,true\n' });
  });
});

describe('what is not a decorator', () => {
  it('is treated as ever, whatever else is given: by Array#map, Map#forEach and their like', async () => {
    const [two] = [(): number => 2].map((fn, index) =>
      Reflect.apply(async_, undefined, [fn, index]),
    );
    expect(await two).toBeTypeOf('function');
    const fn = (): number => 3;
    const keyed = Reflect.apply(async_, undefined, [fn, 'key', { key: fn }]) as () => unknown;
    expect(await keyed()).toBe(3);
    expect(Reflect.apply(await_, undefined, [fn, 0])).toBeTypeOf('function');
  });
});
