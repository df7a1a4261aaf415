import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { registerSyncHooks, supportsSyncHooks } from '../hooks/modules';
import type { InstanceDescription } from './description';
import { finish, isForNext, planFor } from './resolution';
import { sourceOf } from './sources';

const instances = new Map<string, InstanceDescription>();

function registerSynchronous(): void {
  registerSyncHooks({
    resolve(specifier, context, next) {
      const plan = planFor(instances, specifier, context);
      const found = plan.resolution ?? finish(plan, next(plan.specifier, plan.context));
      return isForNext(plan, found) ? next(found.url, plan.context) : found;
    },
    load(url, context, next) {
      const source = sourceOf(url, instances);
      return source === undefined
        ? next(url, context)
        : { format: 'module', source, shortCircuit: true };
    },
  });
}

/** Makes the loader know an instance, so that it can be imported by its entry. */
export function announce(instance: InstanceDescription): void {
  if (supportsSyncHooks()) {
    if (instances.size === 0) registerSynchronous();
    instances.set(instance.id, instance);
  } else {
    // The hooks run in a thread of their own, which is told of each instance as it comes.
    const hooks = pathToFileURL(join(__dirname, 'thread_hooks.mjs'));
    register(hooks, { data: instance });
  }
}
