/** Native addons that only tests load (test/fixtures/addons), built by the set-up once per Node ABI. */
'use strict';

const { join } = require('node:path');
const { target } = require('./target.js');

const release = join(__dirname, '../../.cache/fixtures', `abi-${target}`, 'build/Release');

function fixturePath(name) {
  return join(release, `${name}.node`);
}

function requireFixture(name) {
  try {
    return require(fixturePath(name));
  } catch (cause) {
    if (cause.code !== 'MODULE_NOT_FOUND') throw cause;
    const advice = 'run "node scripts/setup.mjs" first';
    throw new Error(`${fixturePath(name)} is not built: ${advice}`, { cause });
  }
}

module.exports = { fixturePath, requireFixture };
