import { describe, expect, it } from 'vitest';
import { importedPackages, isSupported, patching, waitIn } from '../support/imported.mjs';

describe('a package that a program imports, and does nothing else about', () => {
  for (const name of Object.keys(importedPackages)) {
    it(`is green: ${name}`, async ({ skip }) => {
      if (!isSupported(name)) skip(`${name} does not support Node ${process.versions.node}`);
      for (const { ms, gap } of [
        await waitIn(name, patching(name)),
        await waitIn(name, '', ['--import', 'greenify/register']),
      ]) {
        expect(ms).toBeGreaterThan(150);
        expect(gap).toBeLessThan(100);
      }
    });
  }
});
