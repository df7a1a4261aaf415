'use strict';

module.exports = require('./build/Release/client.node');
