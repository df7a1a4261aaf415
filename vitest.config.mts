import { defineConfig } from 'vitest/config';

/** Each takes seconds of processor time, most of it for processes of its own. */
const slow = [
  'test/cli/run.test.ts',
  'test/hazards/collector.test.ts',
  'test/hazards/endings.test.ts',
  'test/hooks/late.test.ts',
  'test/scoped/import-patched.test.ts',
  'test/scoped/instances.test.ts',
  'test/scoped/objects.test.ts',
  'test/servers/errors.test.ts',
  'test/stdlib.test.ts',
];

const suites = {
  fast: { include: ['test/**/*.test.ts'], exclude: ['test/stress/**', ...slow] },
  stress: { include: ['test/stress/**/*.test.ts', ...slow], exclude: [] },
};

/** Every process takes several times as long, and some tests cannot hold. */
const sanitized = {
  setupFiles: ['test/support/sanitized.ts'],
  testTimeout: 300_000,
  hookTimeout: 300_000,
};

export default defineConfig({
  test: {
    ...(process.env['GREENIFY_SUITE'] === 'stress' ? suites.stress : suites.fast),
    pool: 'forks',
    // Tests watch clocks and event-loop delays; files running side by side would disturb them.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...(process.env['GREENIFY_SANITIZE'] === undefined ? {} : sanitized),
    // The built package is tested as Node loads it.
    server: { deps: { external: [/\/dist\//] } },
  },
});
