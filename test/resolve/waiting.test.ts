import { afterEach, describe, expect, it } from 'vitest';
import { packageTree, waits } from '../../dist/resolve/waiting.js';
import { type Entry, type Layout, makeLayout } from '../support/layout';

let layout: Layout;
afterEach(() => layout.remove());

/** A package below the node_modules of a project, with one script. */
function placed(name: string, script: string, more: object = {}): Record<string, Entry> {
  return {
    [`node_modules/${name}/package.json`]: { json: { name, version: '1.0.0', ...more } },
    [`node_modules/${name}/lib/script.js`]: script,
  };
}

const dependsOn = (...names: string[]): object => ({
  dependencies: Object.fromEntries(names.map((name) => [name, '*'])),
});

const directoryOf = (name: string): string => layout.path(`node_modules/${name}`);

describe('a package that waits', () => {
  it.each([
    "const fs = require('fs');",
    'import { spawnSync } from "node:child_process";',
    'var a=__require("crypto");',
    'import(`zlib`).then(use);',
    'const { wait } = Atomics;',
  ])('is one with a script such as %s', (script) => {
    layout = makeLayout(placed('pkg', script));
    expect(waits(directoryOf('pkg'))).toBe(true);
  });

  it.each(["require('fs/promises');", "require('./fs');", 'const fs = {};', "'graceful-fs'"])(
    'is none for a script such as %s',
    (script) => {
      layout = makeLayout(placed('pkg', script));
      expect(waits(directoryOf('pkg'))).toBe(false);
    },
  );

  it('is one that depends on such a package, also where packages depend on each other', () => {
    layout = makeLayout({
      ...placed('top', '', dependsOn('circle', 'missing')),
      ...placed('circle', '', dependsOn('back')),
      ...placed('back', '', dependsOn('circle', 'deep')),
      ...placed('deep', "require('fs');"),
      ...placed('round', '', dependsOn('about')),
      ...placed('about', '', dependsOn('round')),
    });
    const waiting = ['top', 'circle', 'back', 'deep'];
    for (const name of waiting) expect(waits(directoryOf(name))).toBe(true);
    expect(waits(directoryOf('round'))).toBe(false);
    expect([...packageTree(directoryOf('top'))]).toEqual(waiting.map(directoryOf));
  });

  it('is none because of its peers, or of packages that only lie below it', () => {
    layout = makeLayout({
      ...placed('pkg', '', { peerDependencies: { peer: '*' } }),
      ...placed('peer', "require('fs');"),
      'node_modules/pkg/node_modules/inner/index.js': "require('fs');",
    });
    expect(waits(directoryOf('pkg'))).toBe(false);
  });
});
