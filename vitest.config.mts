import { defineConfig } from 'vitest/config';

const suites = {
  fast: { include: ['test/**/*.test.ts'], exclude: ['test/stress/**'] },
  stress: { include: ['test/stress/**/*.test.ts'], exclude: [] },
};

export default defineConfig({
  test: {
    ...(process.env['GREENIFY_SUITE'] === 'stress' ? suites.stress : suites.fast),
    pool: 'forks',
    // Tests watch clocks and event-loop delays; files running side by side would disturb them.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The built package is tested as Node loads it.
    server: { deps: { external: [/\/dist\//] } },
  },
});
