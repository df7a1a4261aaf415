/** What a function that wraps functions must know to be a decorator, of TC39's kind and of TypeScript's older one. */

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- of any arguments and result
type AnyFunction = (...args: any[]) => any;

/** The second argument of a decorator of a method (TC39, stage 3), as far as it is looked at. */
export interface MethodContext {
  kind: 'method';
  name: string | symbol;
}

/** The same of a field. */
export interface FieldContext {
  kind: 'field';
  name: string | symbol;
}

function kindOf(context: unknown): unknown {
  return typeof context === 'object' && context !== null && 'addInitializer' in context
    ? (context as { kind?: unknown }).kind
    : undefined;
}

function isMethodDescriptor(descriptor: unknown): descriptor is { value: AnyFunction } {
  if (typeof descriptor !== 'object' || descriptor === null) return false;
  const property = descriptor as PropertyDescriptor;
  return typeof property.value === 'function' && typeof property.configurable === 'boolean';
}

/**
 * What `@wrap` makes of a member of a class, from a decorator's arguments; `undefined`: they are not a decorator's.
 * `experimentalDecorators` gives the class (or its prototype), a key and the property's descriptor.
 */
export function decorated(wrap: (fn: AnyFunction) => AnyFunction, args: unknown[]): unknown {
  const [subject, context, descriptor] = args;
  if (kindOf(context) === 'method') return wrap(subject as AnyFunction);
  if (kindOf(context) === 'field') return wrap;
  const isKey = typeof context === 'string' || typeof context === 'symbol';
  if (isKey && isMethodDescriptor(descriptor)) {
    return { ...descriptor, value: wrap(descriptor.value) };
  }
  return undefined;
}
