export type Class = (abstract new (...args: never[]) => unknown) & { prototype: object };

/** Neither to be assigned nor defined anew: what Node-API makes unless it is told otherwise. */
function isFixed({ configurable, writable }: PropertyDescriptor): boolean {
  return configurable === false && writable === false;
}

function loosened(descriptor: PropertyDescriptor): PropertyDescriptor {
  return { ...descriptor, configurable: true, writable: true };
}

/**
 * The prototype on which methods of a class can be replaced for all who have the class. Where they are fixed, which is
 * what classes of Node-API come with (napi_property_attributes), that is a new one in front of the class's own: objects
 * that are made from now on have it.
 */
export function openPrototype(owner: Class): object {
  const own = Object.entries(Object.getOwnPropertyDescriptors(owner.prototype));
  const fixed = own.filter(([, descriptor]) => isFixed(descriptor));
  if (fixed.length === 0) return owner.prototype;
  owner.prototype = Object.create(
    owner.prototype,
    Object.fromEntries(fixed.map(([name, descriptor]) => [name, loosened(descriptor)])),
  ) as object;
  return owner.prototype;
}
