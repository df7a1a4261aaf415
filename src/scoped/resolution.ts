import { fileURLToPath } from 'node:url';

import {
  entryInstance,
  type InstanceDescription,
  instanceOf,
  memberModule,
  partOf,
  partUrl,
  replacementFor,
  type Resolution,
} from './description';

/** What a resolve hook is told beside the specifier. */
export interface ResolveContext {
  parentURL?: string | undefined;
  conditions?: string[];
}

type Instances = ReadonlyMap<string, InstanceDescription>;

/** How a specifier is resolved: at once, or by the next hook with these arguments, and for an instance. */
export interface Plan {
  resolution?: Resolution;
  specifier: string;
  context: ResolveContext;
  instance?: InstanceDescription;
}

const asModule = (url: string): Resolution => ({ url, format: 'module', shortCircuit: true });

/** The first half of a resolve hook, the same for both of Node's kinds of hooks. */
export function planFor(instances: Instances, specifier: string, context: ResolveContext): Plan {
  const entered = instances.get(entryInstance(specifier) ?? '');
  if (entered?.package !== undefined) {
    const { specifier: asked, from } = entered.package;
    return { specifier: asked, context: { ...context, parentURL: from }, instance: entered };
  }
  if (partOf(specifier) !== undefined) {
    return { specifier, context, resolution: asModule(specifier) };
  }
  const instance = instances.get(instanceOf(context.parentURL) ?? '');
  if (instance === undefined || context.parentURL === undefined) return { specifier, context };
  const part = replacementFor(instance, specifier, fileURLToPath(context.parentURL));
  return part === undefined
    ? { specifier, context, instance }
    : { specifier, context, instance, resolution: asModule(partUrl(instance, part)) };
}

/** The second half: what becomes of what the next hook has found. */
export function finish({ instance }: Plan, resolved: Resolution): Resolution {
  return instance === undefined ? resolved : memberModule(instance, resolved);
}

/**
 * Whether the next hook is to be asked for what {@link finish} has given, too: patches for ES modules, which
 * import-in-the-middle applies, are for those of every instance.
 */
export function isForNext({ instance }: Plan, found: Resolution): boolean {
  return instance !== undefined && instanceOf(found.url) === instance.id;
}
