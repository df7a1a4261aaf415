import { defineConfig } from 'vitest/config';

/** Each takes seconds of processor time, most of it for processes of its own. */
const slow = [
  'test/calls/elsewhere.test.ts',
  'test/calls/fortified.test.ts',
  'test/calls/header.test.ts',
  'test/cli/doctor.test.ts',
  'test/cli/run.test.ts',
  'test/compatibility/compatibility.test.ts',
  'test/decorators.test.ts',
  'test/differential/differential.test.ts',
  'test/green/modules.test.ts',
  'test/hazards/async.test.ts',
  'test/hazards/collector.test.ts',
  'test/hazards/endings.test.ts',
  'test/hooks/addons.test.ts',
  'test/hooks/late.test.ts',
  'test/hooks/loader.test.ts',
  'test/patches/pg-native.test.ts',
  'test/report/unhookable.test.ts',
  'test/scoped/blocking.test.ts',
  'test/scoped/import-patched.test.ts',
  'test/scoped/instances.test.ts',
  'test/scoped/objects.test.ts',
  'test/servers/errors.test.ts',
  'test/stdlib.test.ts',
];

/**
 * What runs on an emulated arm64, where each file takes ten times as long: what depends on the processor, and
 * something of each room above.
 */
const emulated = [
  'test/async-context.test.ts',
  'test/await.test.ts',
  'test/callback.test.ts',
  'test/thread{,-cancel}.test.ts',
  'test/calls/{condition,deadlock,loading,poll,receive}.test.ts',
  'test/elf/patch-lib.test.ts',
  'test/hazards/*.test.ts',
];

const suites = {
  fast: { include: ['test/**/*.test.ts'], exclude: ['test/stress/**', ...slow] },
  stress: { include: ['test/stress/**/*.test.ts', ...slow], exclude: [] },
  arm64: { include: emulated, exclude: [] },
};

const suite = (process.env['GREENIFY_SUITE'] ?? 'fast') as keyof typeof suites;

/** Every process takes several times as long, and some tests cannot hold. */
const sanitized = {
  setupFiles: ['test/support/sanitized.ts'],
  testTimeout: 300_000,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    ...suites[suite],
    pool: 'forks',
    // Tests watch clocks and event-loop delays; files running side by side would disturb them.
    fileParallelism: false,
    testTimeout: suite === 'arm64' ? 240_000 : 60_000,
    hookTimeout: 60_000,
    ...(process.env['GREENIFY_SANITIZE'] === undefined ? {} : sanitized),
    // The built package is tested as Node loads it.
    server: { deps: { external: [/\/dist\//] } },
  },
});
