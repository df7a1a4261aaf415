import { describe, expect, it } from 'vitest';
import {
  readDocument,
  readRooms,
  readSources,
  upwardArrows,
  violations,
} from './support/architecture';

const rooms = readRooms(readDocument());
const sources = readSources();

/** What is found when one more file is there. */
const foundIn = (path: string, text: string): string[] =>
  violations(new Map([[path, text]]), rooms);

describe('the rooms of docs/architecture.md', () => {
  it('are those that there are, and every include and import follows their arrows', () => {
    expect(rooms.length).toBeGreaterThan(15);
    expect(sources.size).toBeGreaterThan(80);
    expect(violations(sources, rooms)).toEqual([]);
  });

  it('have arrows that run one way', () => {
    expect(upwardArrows(rooms)).toEqual([]);
    const native = rooms.filter(({ name }) => name.startsWith('native/'));
    expect(upwardArrows([...native].reverse())).not.toEqual([]);
  });

  it('let nobody but src/native.ts load the addon', () => {
    const loaders = [...sources].filter(
      ([path, text]) => path.startsWith('src/') && text.includes('greenify.node'),
    );
    expect(loaders.map(([path]) => path)).toEqual(['src/native.ts']);
  });
});

describe('planted violations', () => {
  it.each([
    ['native/elf/planted.cc', '#include "green/thread.h"'],
    ['native/green/planted.cc', '#include "elf/image.h"'],
    ['native/green/planted.h', '#include <node.h>'],
    ['native/node/planted.cc', '#include "hub/hub.h"'],
    ['native/hub/planted.h', '#include <v8.h>'],
    ['native/hub/planted.cc', '#include "node/environment.h"'],
    ['native/calls/planted.cc', '#include "addon/runtime.h"'],
    ['native/calls/planted.cc', '  #  include <v8-isolate.h>'],
    ['native/calls/planted.cc', '#include <uv.h>'],
    ['native/calls/planted.cc', '#include "../elf/image.h"'],
    ['native/addon/planted.cc', '#include <node_buffer.h>'],
    ['test/native/elf/planted.cc', '#include "green/loop_thread.h"'],
    ['src/errors.ts', "import { native } from './native';"],
    ['src/thread.ts', "import { monkeyPatch } from './monkey';"],
    ['src/zones.ts', "import lodash from 'lodash';"],
    ['src/resolve/planted.ts', "export { monkeyPatch } from '../monkey.js';"],
    ['src/index.mts', "export { native } from './native.js';"],
    ['test/planted.test.ts', "import { native } from '../dist/native';"],
    ['test/calls/planted.test.ts', "import { current } from '../../src/thread';"],
    ['bench/planted.mjs', "const { native } = await import('../dist/native.js');"],
    ['examples/planted.cjs', "const addon = require('../build/abi-127/Release/greenify.node');"],
    ['scripts/planted.mjs', "import prettier from 'prettier';"],
    ['scripts/planted.mjs', "import '../test/support/postgres.mjs';"],
  ])('in %s: %s', (path, text) => {
    expect(foundIn(path, `${text}\n`)).toEqual([
      expect.stringMatching(/: may not (include|import) /),
    ]);
  });

  it('a directory that is no room', () => {
    expect(foundIn('native/attic/planted.cc', '')).toEqual([
      'native/attic/planted.cc: is in no room of docs/architecture.md',
    ]);
    expect(foundIn('src/planted.ts', '')).not.toEqual([]);
  });

  it('but not what the tables allow, and not what only looks like it', () => {
    expect(
      foundIn('native/hub/planted.cc', '#include "node/switching.h"\n#include <uv.h>'),
    ).toEqual([]);
    expect(foundIn('native/calls/planted.cc', '// #include <v8.h>\n#include <vector>')).toEqual([]);
    expect(foundIn('test/planted.test.ts', "// import '../src/thread'\nimport 'node:fs';")).toEqual(
      [],
    );
  });
});
