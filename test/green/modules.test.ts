import { describe, expect, it } from 'vitest';
import { runCommonJs, runNode } from '../support/child';

const modules = ['atomics', 'child_process', 'crypto', 'fs', 'timers', 'zlib'];

/** For each of them: does the event loop turn while a green thread is in a call? Nothing is patched. */
const program = (load: (name: string) => string): string => `
  ${modules.map(load).join('\n')}
  const calls = {
    atomics: () => atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50),
    child_process: () => child_process.execFileSync('sleep', ['0.1']).length,
    crypto: () => crypto.pbkdf2Sync('x', 'y', 200_000, 64, 'sha512').length,
    fs: () => {
      const file = fs.openSync(pipe);
      const bytes = Buffer.alloc(10);
      return fs.readSync(file, bytes);
    },
    timers: () => timers.sleep(50),
    zlib: () => zlib.gzipSync(Buffer.alloc(10_000_000)).length > 0,
  };
  const { execFileSync, spawn: start } = require('node:child_process');
  const { join } = require('node:path');
  const directory = fs.mkdtempSync(join(require('node:os').tmpdir(), 'greenify-'));
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  start('sh', ['-c', 'exec > ' + pipe + '; rm -r ' + directory + '; sleep 0.1; echo late'], { stdio: 'inherit' });
  const results = {};
  const run = async () => {
    for (const [name, call] of Object.entries(calls)) {
      let turns = 0;
      const timer = setInterval(() => (turns += 1), 1);
      results[name] = [(await spawn(call)) ?? null, turns > 2];
      clearInterval(timer);
    }
    console.log(JSON.stringify(results), isMonkeyPatched('crypto'));
  };
  run();`;

const expected = `${JSON.stringify({
  atomics: ['timed-out', true],
  child_process: [0, true],
  crypto: [64, true],
  fs: [5, true],
  timers: [null, true],
  zlib: [true, true],
})} false\n`;

describe('greenify/green/*', () => {
  it('are green where they are required, with nothing patched', async () => {
    const text = program((name) => `const ${name} = require('greenify/green/${name}');`);
    const ended = await runCommonJs(
      `const { isMonkeyPatched, spawn } = require('greenify'); ${text}`,
    );
    expect(ended).toMatchObject({ code: 0, stdout: expected });
  });

  it('are green where they are imported', async () => {
    const text = program((name) => `import * as ${name} from 'greenify/green/${name}';`);
    const source = `
      import { createRequire } from 'node:module';
      import { isMonkeyPatched, spawn } from 'greenify';
      const require = createRequire(process.cwd() + '/x.js');
      ${text}`;
    const ended = await runNode(['--input-type=module', '--eval', source]);
    expect(ended).toMatchObject({ code: 0, stdout: expected });
  });

  it.each(modules.filter((name) => name !== 'atomics'))(
    'have all that %s has, and no more but what is said',
    async (name) => {
      const source = `
        import { createRequire } from 'node:module';
        import * as plain from 'node:${name}';
        import * as green from 'greenify/green/${name}';
        const required = createRequire(process.cwd() + '/x.js')('greenify/green/${name}');
        const more = (of) => Object.keys(of).filter((key) => !(key in plain));
        const missing = (of) => Object.keys(plain).filter((key) => !(key in of) && key !== 'default' && key !== 'module.exports');
        console.log(JSON.stringify([missing(green), missing(required), more(required)]));`;
      const ended = await runNode(['--input-type=module', '--eval', source]);
      const more = name === 'timers' ? ['sleep'] : [];
      expect(ended).toMatchObject({ code: 0, stdout: `${JSON.stringify([[], [], more])}\n` });
    },
  );
});
