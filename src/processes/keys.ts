/** The key of what a worker inherits, among its environment data: a text as `GREENIFY` has it. */
export const workerKey = 'greenify:inherit';
