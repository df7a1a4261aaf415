// `mocha --require` of this file: each test and each hook begins in a green thread of its own.
const { spawn } = require('greenify');
const { Runnable } = require('./mocha.cjs');

const runPlain = Runnable.prototype.run;
const green = new WeakSet();

/** A test that takes a callback keeps it; what it throws reaches mocha through it. */
function withCallback(fn) {
  return function (done) {
    spawn(() => void fn.call(this, done)).catch(done);
  };
}

function withResult(fn) {
  return function () {
    return spawn(() => fn.call(this));
  };
}

function inGreenThread(fn) {
  const wrapped = fn.length > 0 ? withCallback(fn) : withResult(fn);
  green.add(wrapped);
  return wrapped;
}

Runnable.prototype.run = function (...args) {
  if (this.fn && !green.has(this.fn)) this.fn = inGreenThread(this.fn);
  return runPlain.apply(this, args);
};
