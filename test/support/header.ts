import { expect } from 'vitest';
import { runCommonJs } from './child';
import { elfFixture } from './elf';
import { fixturePath } from './fixtures';

/**
 * What code prints in a process in which `load(name)` loads a library that includes greenify.h, and gives its functions;
 * `ticks(wait)` runs a wait of 50 ms and gives how often the event loop has turned until its promise is settled.
 */
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
    async function ticks(wait) {
      let count = 0;
      const timer = setInterval(() => (count += 1), 1);
      await wait();
      clearInterval(timer);
      return count;
    }
    (async () => { ${code} })();`);
  expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
  return ended.stdout.trim().split('\n');
}
