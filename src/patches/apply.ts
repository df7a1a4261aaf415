import { isObject } from '../values';
import type { PackagePatch, PatchContext } from './patch';
import { serialiseMethods } from './serialise';

type Descriptors = Record<PropertyKey, PropertyDescriptor>;

/** What the exports hold; behind a getter, which may load things, only the classes that a patch names. */
function heldBy(exports: object, patch: PackagePatch): unknown[] {
  const named = (patch.serialise ?? []).flatMap((entry) => entry.class ?? []);
  const held = Object.values(Object.getOwnPropertyDescriptors(exports));
  return [
    ...held.map(({ value }) => value as unknown),
    ...named.map((name) => Reflect.get(exports, name) as unknown),
  ];
}

/** The objects that patches change in place: the exports, the classes they hold, and the prototypes of those. */
function changeable(exports: unknown, patch: PackagePatch): object[] {
  if (!isObject(exports)) return [];
  const classes = [exports, ...heldBy(exports, patch)].filter(
    (value) => typeof value === 'function',
  );
  const prototypes = classes.map((owner) => (owner as { prototype?: unknown }).prototype);
  return [...classes, exports, ...prototypes].filter(isObject);
}

function restore(object: object, before: Descriptors): void {
  for (const key of Reflect.ownKeys(object)) {
    if (!(key in before)) Reflect.deleteProperty(object, key);
  }
  Object.defineProperties(object, before);
}

/** Whether a patch changes JavaScript at all. */
export function changesExports(patch: PackagePatch): boolean {
  return patch.wrap !== undefined || patch.serialise !== undefined;
}

/**
 * What a patch makes of the exports of one file.
 *
 * @throws what the patch throws; the exports are then as they were
 */
export function applyPatch(patch: PackagePatch, exports: unknown, context: PatchContext): unknown {
  const before = changeable(exports, patch).map((object): [object, Descriptors] => [
    object,
    Object.getOwnPropertyDescriptors(object),
  ]);
  try {
    const wrapped = patch.wrap?.(exports, context) ?? exports;
    serialiseMethods(wrapped, patch.serialise ?? []);
    return wrapped;
  } catch (error) {
    for (const [object, descriptors] of before) restore(object, descriptors);
    throw error;
  }
}
