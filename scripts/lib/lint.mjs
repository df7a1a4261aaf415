// Linters and formatters for both languages.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './process.mjs';

const nativeRoots = ['include', 'native', 'examples', 'test/native', 'test/fuzz', 'test/fixtures'];
const nativeFile = /\.(c|cc|h)$/;

function nativeFiles() {
  return nativeRoots
    .filter((directory) => existsSync(join(root, directory)))
    .flatMap((directory) =>
      readdirSync(join(root, directory), { recursive: true }).map((file) => join(directory, file)),
    )
    .filter((file) => nativeFile.test(file) && !file.includes('node_modules'));
}

function steps(fix) {
  return [
    ['eslint', 'eslint/bin/eslint.js', ['.', '--max-warnings=0', ...(fix ? ['--fix'] : [])]],
    [
      'prettier',
      'prettier/bin/prettier.cjs',
      ['.', '--log-level=warn', fix ? '--write' : '--check'],
    ],
    ['clang-format', 'clang-format-node/build/cli.js', clangFormatArguments(fix)],
    ['tsc', 'typescript/bin/tsc', ['-p', 'tsconfig.json', '--noEmit']],
    ['tsc for tests', 'typescript/bin/tsc', ['-p', 'test/tsconfig.json']],
  ];
}

function clangFormatArguments(fix) {
  return [...(fix ? ['-i'] : ['--dry-run', '-Werror']), ...nativeFiles()];
}

async function succeeds(name, script, args) {
  try {
    await run(process.execPath, [join(root, 'node_modules', script), ...args], { cwd: root });
    return true;
  } catch (error) {
    console.error(`${name} failed:\n${error.output}`);
    return false;
  }
}

/** Runs every step, failures printed; with `fix`, what can be corrected is. */
export async function lint({ fix = false } = {}) {
  const counts = { passed: 0, failed: 0 };
  for (const step of steps(fix)) counts[(await succeeds(...step)) ? 'passed' : 'failed'] += 1;
  return counts;
}
