import { isObject } from '../values';
import type { PackagePatch, PatchContext } from './patch';
import { serialiseMethods } from './serialise';

type Descriptors = Record<PropertyKey, PropertyDescriptor>;

/** The objects that patches change in place: the exports, what they hold, and the prototypes of classes. */
function changeable(exports: unknown): object[] {
  if (!isObject(exports)) return [];
  const held = Object.values(Object.getOwnPropertyDescriptors(exports)).map(
    ({ value }) => value as unknown,
  );
  const classes = [exports, ...held].filter((value) => typeof value === 'function');
  const prototypes = classes.map((owner) => (owner as { prototype?: unknown }).prototype);
  return [exports, ...prototypes].filter(isObject);
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
  const before = changeable(exports).map((object): [object, Descriptors] => [
    object,
    Object.getOwnPropertyDescriptors(object),
  ]);
  try {
    const wrapped = patch.wrap?.(exports, context) ?? exports;
    for (const entry of patch.serialise ?? []) serialiseMethods(wrapped, entry);
    return wrapped;
  } catch (error) {
    for (const [object, descriptors] of before) restore(object, descriptors);
    throw error;
  }
}
