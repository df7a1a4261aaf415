import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { runNode } from './support/child';
import { Project } from './support/project';

const project = new Project();
afterAll(() => project.remove());

/** Takes a file out of the page cache, so that reading it waits: GNU dd's `nocache` is posix_fadvise(2). */
function forget(path: string): void {
  const flags = ['oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'];
  execFileSync('dd', [`of=${path}`, ...flags]);
}

describe('require in green threads', () => {
  it('is done before another thread goes on, as code that loads lazily expects', async () => {
    project.write('table.js', `/*${'x'.repeat(1_000_000)}*/ module.exports = { entry: 'found' };`);
    project.write(
      'lazy.js',
      `const { monkeyPatch, spawn } = require('greenify');
       monkeyPatch();
       let table;
       const look = () => {
         if (table === undefined) {
           table = {};
           Object.assign(table, require('./table.js'));
         }
         return table.entry;
       };
       Promise.all([1, 2, 3].map(() => spawn(look))).then((found) => console.log(found.join()));`,
    );
    forget(project.path('table.js'));
    const ended = await runNode(['lazy.js'], { cwd: project.directory });
    expect(ended).toMatchObject({ code: 0, stdout: 'found,found,found\n', stderr: '' });
  });

  it('runs modules green, and what they require', async () => {
    project.write('inner.js', `require('greenify').sleep(20); module.exports = 'inner';`);
    project.write(
      'outer.js',
      `require('greenify').sleep(20); module.exports = require('./inner');`,
    );
    project.write('broken.js', `require('greenify').sleep(1); throw new Error('broken');`);
    project.write(
      'waiting.js',
      `const { await_, monkeyPatch, spawn } = require('greenify');
       monkeyPatch();
       let ticks = 0;
       const timer = setInterval(() => (ticks += 1), 1);
       spawn(() => {
         try { require('./broken'); } catch ({ message }) { console.log(message); }
         console.log(require('./outer'), ticks > 5, await_(Promise.resolve('awaited')));
         clearInterval(timer);
       });`,
    );
    const ended = await runNode(['waiting.js'], { cwd: project.directory });
    expect(ended).toMatchObject({ code: 0, stdout: 'broken\ninner true awaited\n', stderr: '' });
  });
});
