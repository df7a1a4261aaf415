// `node green-main.cjs <program>`: the program's main module runs in a green thread.
const { Module } = require('node:module');
const { resolve } = require('node:path');
const { green } = require('greenify');

process.argv.splice(1, 1);
process.argv[1] = resolve(process.argv[1]);

/** Node evaluates an ES module that is the main one later, on the loop's stack; one that is required, here. */
const isMain = !process.argv[1].endsWith('.mjs');

// What the program throws is thrown, or an uncaught exception, as in every program.
// Node's own loader has no other way to load a file as the main module.
green(() => Module._load(process.argv[1], null, isMain))();
