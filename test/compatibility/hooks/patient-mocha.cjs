// `mocha --require` of this file: time limits are longer, so that a busy machine fails no test.
const { Runnable } = require('./mocha.cjs');

const factor = 10;

const { timeout } = Runnable.prototype;

/** Without an argument it says the limit. */
Runnable.prototype.timeout = function (limit) {
  if (typeof limit !== 'number') return timeout.apply(this, arguments);
  return timeout.call(this, limit * factor);
};
