// Lists C++ files for binding.gyp. Usage: node native/sources.cjs <shared | own>
//
// `own` are those that each addon compiles for itself: where Node registers it, and what the hazard
// switches of the test-only addon change. All the others are compiled once and shared by the two.
'use strict';

const { readdirSync, readFileSync } = require('node:fs');

const isOwn = (file) => /"green\/hazard\.h"|\bNODE_API_MODULE\b/.test(readFileSync(file, 'utf8'));

const files = readdirSync('native', { recursive: true })
  .filter((file) => file.endsWith('.cc'))
  .map((file) => `native/${file}`)
  .sort();
const wantsOwn = process.argv[2] === 'own';
console.log(files.filter((file) => isOwn(file) === wantsOwn).join(' '));
