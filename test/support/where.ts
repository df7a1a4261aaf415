import { describe, it } from 'vitest';

/** `describe` where `condition` holds; elsewhere one test that is skipped, and says why. */
export function describeWhere(
  condition: boolean,
  reason: string,
  name: string,
  body: () => void,
): void {
  if (condition) describe(name, body);
  else describe(name, () => it('is not tested here', ({ skip }) => skip(reason)));
}
