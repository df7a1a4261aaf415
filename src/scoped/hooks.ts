import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs';

import { type InstanceDescription, type Resolution, sourceOf } from './description';
import { finish, planFor, type ResolveContext } from './resolution';

interface Source {
  format: string;
  source: string;
  shortCircuit: boolean;
}

/** Node 22.15 and later; the types are those of Node 20. */
interface SynchronousHooks {
  registerHooks(hooks: {
    resolve(
      specifier: string,
      context: ResolveContext,
      next: (specifier: string, context: ResolveContext) => Resolution,
    ): Resolution;
    load(url: string, context: object, next: (url: string, context: object) => Source): Source;
  }): void;
}

const instances = new Map<string, InstanceDescription>();

function registerSynchronous(): void {
  (nodeModule as unknown as SynchronousHooks).registerHooks({
    resolve(specifier, context, next) {
      const plan = planFor(instances, specifier, context);
      return plan.resolution ?? finish(plan, next(plan.specifier, plan.context));
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
    nodeModule.register(hooks, { data: instance });
  }
}
