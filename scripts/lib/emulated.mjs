// Node for arm64 on a machine that is not: cross-compilers build for it, and qemu-user runs it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeAt } from './node.mjs';
import { cacheDirectory } from './paths.mjs';
import { download, ensureRuntime } from './runtimes.mjs';

export const arch = 'arm64';

/** Debian's cross-compilers, and where they keep the dynamic linker and the libraries. */
const triplet = 'aarch64-linux-gnu';
const libraries = `/usr/${triplet}`;

/** What runs a program for arm64. */
export const runner = `qemu-aarch64-static -L ${libraries}`;

/** C++ unit tests that need what qemu-user does not have: a vDSO, and seccomp(2). */
export const beyondEmulation = ['*vDSO*', 'where*cannot be*', '*taken back*'];

/** As environment variables, and variables of make. */
export const tools = {
  CC: `${triplet}-gcc`,
  CXX: `${triplet}-g++`,
  AR: `${triplet}-ar`,
  STRIP: `${triplet}-strip`,
};

/**
 * What stands for the executable: the kernel does not run a program of another processor, and Node starts
 * others like itself by its path. `execPath` of such a process is this script again.
 */
function writeLauncher(directory, prefix) {
  const launcher = join(directory, 'bin/node');
  const preload = join(directory, 'exec-path.cjs');
  mkdirSync(join(directory, 'bin'), { recursive: true });
  writeFileSync(preload, `process.execPath = ${JSON.stringify(launcher)};\n`);
  const command = `${runner} '${prefix}/bin/node' --require '${preload}'`;
  writeFileSync(launcher, `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return { launcher, preload };
}

/**
 * The newest release of a major version for arm64, emulated. `host` is the same version for this machine,
 * which builds for it with `tools`; Node given `preload` starts it where it would start itself.
 */
export async function ensureEmulatedRuntime(major) {
  const directory = join(cacheDirectory, 'runtimes', `${major}-${arch}`);
  // npm refuses packages for other processors unless it is forced.
  const prefix = await download(directory, major, arch, ['--force']);
  const { launcher, preload } = writeLauncher(directory, prefix);
  return { ...(await nodeAt(launcher, prefix)), host: await ensureRuntime(major), tools, preload };
}
