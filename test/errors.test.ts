import { await_, GreenifyError, patchLib, sleep, spawn } from 'greenify';
import { describe, expect, it } from 'vitest';
import { type Ended, runCommonJs } from './support/child';

describe('a GreenifyError', () => {
  const thrownBy = (call: () => unknown): unknown => {
    try {
      call();
    } catch (error) {
      return error;
    }
    return undefined;
  };

  it('has a code for programs and a message for people', () => {
    const error = thrownBy(() => await_(Promise.resolve())) as GreenifyError;
    expect(error).toBeInstanceOf(GreenifyError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe('GreenifyError');
    expect(error.code).toBe('ERR_GREENIFY_NOT_GREEN');
    expect(error.stack).toContain('errors.test.ts');
  });

  it('carries path and error number where there are some, and no empty ones elsewhere', () => {
    const error = thrownBy(() => patchLib('/does/not/exist.so')) as GreenifyError;
    expect(error).toMatchObject({ path: '/does/not/exist.so', errno: 2 });
    expect(Object.keys(error)).not.toContain('symbol');
    const other = thrownBy(() => await_(Promise.resolve())) as GreenifyError;
    expect(Object.keys(other)).not.toContain('path');
  });

  it('names the native part when that is missing', async () => {
    const ended = await runCommonJs(
      `try { require('greenify') } catch (error) {
        console.log(error.name, error.code, error.path, error.cause instanceof Error);
        console.log(error.message);
      }`,
      { env: { GREENIFY_ADDON: '/nowhere/greenify.node' } },
    );
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain(
      'GreenifyError ERR_GREENIFY_NOT_BUILT /nowhere/greenify.node true',
    );
    expect(ended.stdout).toContain('npm rebuild greenify');
  });
});

describe('node --permission', () => {
  const major = Number(process.versions.node.split('.')[0]);
  const permission = major < 24 ? '--experimental-permission' : '--permission';
  const start = (...allowed: string[]): Promise<Ended> =>
    runCommonJs(
      `try {
        const { monkeyPatch, sleep, spawn } = require('greenify');
        monkeyPatch();
        spawn(() => { sleep(1); console.log('green'); });
      } catch (error) {
        console.log(error.name, error.code, error.message);
      }`,
      { flags: [permission, '--allow-fs-read=*', ...allowed] },
    );

  it('is told what it has to allow', async () => {
    const refused = 'GreenifyError ERR_GREENIFY_PERMISSION node --permission: ';
    const nothing = await start();
    expect(nothing.stdout).toContain(`${refused}greenify is a native addon`);
    expect(nothing.stdout).toContain('--allow-addons');
    const addons = await start('--allow-addons');
    expect(addons.stdout).toContain(refused);
    expect(addons.stdout).toContain(major < 24 ? 'process.binding' : '--allow-inspector');
  });

  // Node 20 and 22 have no option for what greenify needs there.
  if (major >= 24) {
    it('lets green threads run where addons and the inspector are allowed', async () => {
      const { stdout } = await start('--allow-addons', '--allow-inspector');
      expect(stdout).toBe('green\n');
    });
  }
});

it('node --no-deprecation has green threads', async () => {
  const code = "require('greenify').spawn(() => console.log('green'));";
  const ended = await runCommonJs(code, { flags: ['--no-deprecation'] });
  expect(ended).toMatchObject({ stdout: 'green\n', stderr: '', code: 0 });
});

describe('stacks of errors', () => {
  function innermost(): never {
    sleep(1);
    throw new Error('deep inside');
  }
  function outermost(): never {
    return innermost();
  }

  it('are those of the green thread, before and after waits', async () => {
    const error = (await spawn(outermost).catch((reason: unknown) => reason)) as Error;
    expect(error.stack).toMatch(/innermost[^]*outermost/);
    expect(error.stack).toContain('errors.test.ts');
  });

  it('are those of who rejected a promise, not of who awaited it', async () => {
    function rejecter(): Promise<never> {
      return Promise.reject(new Error('rejected'));
    }
    const error = (await spawn(() => await_(rejecter())).catch((e: unknown) => e)) as Error;
    expect(error.stack).toContain('rejecter');
  });

  it('a RangeError of too deep a recursion is caught where it happens, and the thread goes on', async () => {
    const ended = await runCommonJs(`
      const { sleep, spawn } = require('greenify');
      const recurse = () => recurse() + 1;
      spawn(() => {
        for (let i = 0; i < 3; i += 1) {
          try { recurse() } catch (error) { console.log(error instanceof RangeError) }
          sleep(1);
        }
      });
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'true\ntrue\ntrue\n', stderr: '' });
  });
});

describe('uncaught errors while green threads wait', () => {
  const program = `
    const { sleep, spawn } = require('greenify');
    spawn(() => {
      sleep(50);
      console.log('the thread ends');
    });
    setTimeout(function timer() { throw new Error('in a timer') }, 5);
  `;

  it('end the process as ever', async () => {
    const ended = await runCommonJs(program);
    expect(ended).toMatchObject({ code: 1, signal: null, stdout: '' });
    expect(ended.stderr).toMatch(/Error: in a timer\n\s+at Timeout\.timer/);
  });

  it('reach the handler, and the threads go on', async () => {
    const handled = `process.on('uncaughtException', (error) => console.log(error.message)); ${program}`;
    const ended = await runCommonJs(handled);
    expect(ended).toMatchObject({ code: 0, stdout: 'in a timer\nthe thread ends\n', stderr: '' });
  });

  it('an error in a listener that a green thread emits to belongs to that thread', async () => {
    const ended = await runCommonJs(`
      const { EventEmitter } = require('node:events');
      const { sleep, spawn } = require('greenify');
      const emitter = new EventEmitter();
      emitter.on('event', () => {
        sleep(1);
        throw new Error('from the listener');
      });
      spawn(() => emitter.emit('event')).catch((error) => console.log('rejected:', error.message));
    `);
    expect(ended).toMatchObject({ code: 0, stdout: 'rejected: from the listener\n' });
  });
});
