export type Class = (abstract new (...args: never[]) => unknown) & { prototype: object };

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The object that has a property of `object`'s: itself, or one that it inherits from. */
export function holderOf(object: object, name: PropertyKey): object | undefined {
  let holder: object | null = object;
  while (holder !== null && !Object.hasOwn(holder, name)) {
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return holder ?? undefined;
}

/** Neither to be assigned nor defined anew: what Node-API makes unless it is told otherwise. */
function isFixed({ configurable, writable }: PropertyDescriptor): boolean {
  return configurable === false && writable === false;
}

/**
 * Where a method that `holder` has can be replaced: there, for all who inherit it. Where it is fixed, as methods of
 * Node-API's classes are (napi_property_attributes), on the prototype of `owner`: if it is fixed on that one, on a new
 * prototype in front, which objects have that are made from now on.
 */
function placeFor(owner: Class, holder: object, descriptor: PropertyDescriptor): object {
  if (!isFixed(descriptor)) return holder;
  if (holder === owner.prototype) owner.prototype = Object.create(holder) as object;
  return owner.prototype;
}

/** Replaces a method of a class, its own or inherited, by what `make` makes of it; none where it has no such method. */
export function replaceMethod(owner: Class, name: string, make: (method: Method) => Method): void {
  const holder = holderOf(owner.prototype, name);
  const descriptor = holder && Object.getOwnPropertyDescriptor(holder, name);
  if (holder === undefined || typeof descriptor?.value !== 'function') return;
  const value = make(descriptor.value as Method);
  const loose = { ...descriptor, configurable: true, writable: true, value };
  Object.defineProperty(placeFor(owner, holder, descriptor), name, loose);
}
