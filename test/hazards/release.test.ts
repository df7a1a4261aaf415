import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { addons } from '../support/hazards';

it('only the build for tests can leave answers out', () => {
  expect(readFileSync(addons.hazards).includes('GREENIFY_UNANSWERED')).toBe(true);
  expect(readFileSync(addons.release).includes('GREENIFY_UNANSWERED')).toBe(false);
});
