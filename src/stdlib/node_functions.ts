import { withNodeCalls } from './node_calls';
import type { AnyFunction } from './off_loop';

/** With what is on it, such as `realpathSync.native`. */
function greenOf(fn: AnyFunction): AnyFunction {
  const green = withNodeCalls(fn);
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(fn))) {
    if (!Object.hasOwn(green, key) && typeof value === 'function') {
      Object.defineProperty(green, key, { value: greenOf(value as AnyFunction), writable: true });
    }
  }
  return green;
}

/** Of a builtin's functions those that wait for what they ask the kernel for. */
export function nodeFunctions(builtin: object): Record<string, AnyFunction> {
  const functions = Object.entries(Object.getOwnPropertyDescriptors(builtin)).filter(
    ([name, { value }]) => name.endsWith('Sync') && typeof value === 'function',
  );
  return Object.fromEntries(
    functions.map(([name, { value }]) => [name, greenOf(value as AnyFunction)]),
  );
}
