/** The node_modules of the packages that the set-up installed for the running Node's ABI. */
export const packagesDirectory: string;

/** `require`, from the packages that the set-up installed for the running Node's ABI. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as NodeJS.Require returns
export function requirePackage(name: string): any;

/** Where a package is installed for the running Node's ABI. */
export function packagePath(name: string): string;
