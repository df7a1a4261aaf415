// `node green-main.cjs <program>`: the program's main module runs in a green thread.
const { Module } = require('node:module');
const { resolve } = require('node:path');
const { spawn } = require('greenify');

process.argv.splice(1, 1);
process.argv[1] = resolve(process.argv[1]);

// Node's own loader has no other way to load a file as the main module.
void spawn(() => Module._load(process.argv[1], null, true));
