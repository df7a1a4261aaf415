import { expect } from 'vitest';
import { runCommonJs } from './child';
import { elfFixture } from './elf';
import { fixturePath } from './fixtures';

/** What code prints in a process in which `load(name)` gives the functions of a library that includes greenify.h. */
export async function said(code: string): Promise<string[]> {
  const ended = await runCommonJs(`
    const loader = require(${JSON.stringify(fixturePath('loader'))});
    const paths = ${JSON.stringify({
      plain: elfFixture('green'),
      symbolic: elfFixture('green_symbolic'),
      hidden: elfFixture('green_hidden'),
    })};
    function load(name) {
      const handle = loader.open(paths[name]);
      return (name, ...args) => loader.call(handle, 'fixture_' + name, ...args);
    }
    (async () => { ${code} })();`);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return ended.stdout.trim().split('\n');
}
