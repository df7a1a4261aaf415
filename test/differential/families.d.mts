/** By name; npm run test:differential -- --family <name>. */
export const families: Record<string, unknown>;
