/** Where an addon of test/fixtures/addons is built for the running Node's ABI. */
export function fixturePath(name: string): string;

/** An addon of test/fixtures/addons; what it exports is described at the top of its source. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as NodeJS.Require returns
export function requireFixture(name: string): any;
