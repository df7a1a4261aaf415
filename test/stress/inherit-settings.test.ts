import type { InheritanceReport } from 'greenify';
import { describe, expect, it } from 'vitest';
import { runCommonJs, runModule } from '../support/child';
import { fixturePath } from '../support/fixtures';

describe('what a process passes on', () => {
  it('is nothing unless asked for, and nothing any more when told so', async () => {
    const { stdout } = await runCommonJs(`
      const { monkeyPatch } = require('greenify');
      const childProcess = require('node:child_process');
      const code = "console.log(require('greenify').isMonkeyPatched('socket'))";
      const say = () => process.stdout.write(childProcess.execFileSync(process.execPath, ['-e', code]));
      console.log(monkeyPatch({ process: true }).inherited);
      say();
      monkeyPatch({ process: { inherit: true } });
      say();
      monkeyPatch({ sleep: true });
      say();
      console.log(monkeyPatch({ process: { inherit: false } }).inherited);
      say();`);
    expect(stdout.split('\n')).toEqual([
      'undefined',
      'false',
      'true',
      'true',
      'undefined',
      'false',
      '',
    ]);
  });

  it('gets to what an ES module has imported before', async () => {
    const { stdout, stderr } = await runModule(`
      import { execFileSync } from 'node:child_process';
      import { Worker } from 'node:worker_threads';
      import { monkeyPatch } from 'greenify';
      monkeyPatch({ process: { inherit: true } });
      const code = "import('greenify').then((g) => console.log(g.isMonkeyPatched('socket')))";
      process.stdout.write(execFileSync(process.execPath, ['-e', code]));
      new Worker(code, { eval: true });`);
    expect({ stdout, stderr }).toEqual({ stdout: 'true\ntrue\n', stderr: '' });
  });

  it('is asked for by GREENIFY, too', async () => {
    const code = `console.log(require('greenify').isMonkeyPatched('sleep'),
      require('greenify').isMonkeyPatched('socket'))`;
    const program = `require('child_process').execFileSync(process.execPath,
      ['-e', ${JSON.stringify(code)}], { env: {}, stdio: 'inherit' })`;
    const env = { GREENIFY: 'sleep,process:inherit' };
    const flags = ['--import', 'greenify/register'];
    expect((await runCommonJs(program, { env, flags })).stdout).toBe('true false\n');
  });

  it('keeps no child from running that cannot have it', async () => {
    const { stdout } = await runCommonJs(`
      require('greenify').monkeyPatch({ process: { inherit: true } });
      const env = { GREENIFY_ADDON: '/nowhere/greenify.node' };
      const { spawnSync } = require('node:child_process');
      const { stdout, stderr } = spawnSync(process.execPath, ['-e', 'console.log("runs")'], { env });
      console.log(stdout.toString() + stderr.toString());`);
    expect(stdout).toContain('runs\n');
    expect(stdout).toContain('[GREENIFY_NOT_INHERITED]');
    expect(stdout).toContain('npm rebuild greenify');
  });

  it('is reported, with the settings that cannot be', async () => {
    const { stdout } = await runCommonJs(
      `const { monkeyPatch, patchLib, registerPatch } = require('greenify');
       const { path } = patchLib(process.env.LIBRARY);
       const families = ['sleep'];
       registerPatch({ name: 'a-package', versions: '*', families, why: 'a test', wrap() {} });
       const { inherited } = monkeyPatch({ socket: true, process: { inherit: true } });
       console.log(JSON.stringify({ path, inherited }));`,
      { env: { LIBRARY: fixturePath('calls') } },
    );
    const { path, inherited } = JSON.parse(stdout) as {
      path: string;
      inherited: InheritanceReport;
    };
    expect(inherited.families).toEqual(['socket', 'process']);
    const reported = inherited.notInherited.map(({ by, subject }) => [by, subject]);
    expect(reported).toEqual([
      ['registerPatch', 'a-package'],
      ['patchLib', path],
    ]);
    for (const { reason } of inherited.notInherited) expect(reason).not.toBe('');
  });
});

it('wrong options of the family process: a TypeError, and nothing is patched', async () => {
  const { stdout } = await runCommonJs(`
    const { isMonkeyPatched, monkeyPatch } = require('greenify');
    for (const process of [{ inherit: true, families: ['socket'] }, { inherit: 'yes' }, []]) {
      try {
        monkeyPatch({ socket: true, process });
      } catch (error) {
        console.log(error.name, error.code, isMonkeyPatched('socket'));
      }
    }`);
  expect(stdout).toBe('TypeError ERR_INVALID_ARG_TYPE false\n'.repeat(3));
});
