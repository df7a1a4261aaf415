/** Loader hooks for `module.register`, where Node has no other (Node 20): they run in a thread of their own. */
import type { InstanceDescription, Resolution } from './description.js';
import { finish, isForNext, planFor, type ResolveContext } from './resolution.js';
import { sourceOf } from './sources.js';

const instances = new Map<string, InstanceDescription>();

export function initialize(instance: InstanceDescription): void {
  instances.set(instance.id, instance);
}

export async function resolve(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => Promise<Resolution>,
): Promise<Resolution> {
  const plan = planFor(instances, specifier, context);
  const found = plan.resolution ?? finish(plan, await next(plan.specifier, plan.context));
  return isForNext(plan, found) ? next(found.url, plan.context) : found;
}

export function load(
  url: string,
  context: object,
  next: (url: string, context: object) => unknown,
): unknown {
  const source = sourceOf(url, instances);
  return source === undefined
    ? next(url, context)
    : { format: 'module', source, shortCircuit: true };
}
