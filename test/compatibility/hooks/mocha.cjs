// The mocha that runs is the one of the suite, whose directory this is run in.
const { createRequire } = require('node:module');
const { join } = require('node:path');

module.exports = createRequire(join(process.cwd(), 'package.json'))('mocha');
