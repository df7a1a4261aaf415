import Module from 'node:module';

import { activate } from '../activate';
import { invalidArgument } from '../errors';
import { greenModules } from '../stdlib/green_module';
import { current, describe, type GreenThread } from '../thread';
import { isGreenify } from './description';
import { Instance } from './instance';

type Load = (request: string, parent: NodeModule | null | undefined, isMain: boolean) => unknown;

/** What `require` comes down to; hooks of loaders put themselves there. */
const loader = Module as unknown as { _load: Load };

let world: Instance | undefined;

/** Every module that was loaded by way of {@link patchBlocking}, beside the ones that others have. */
function theWorld(): Instance {
  world ??= new Instance({
    builtins: new Map(greenModules()),
    elsewhere: (module, specifier) => loadElsewhere(specifier, module, false),
  });
  return world;
}

/** Who is inside of it now, and how deep: while one green thread waits there, others load as always. */
const inside = new Map<GreenThread | undefined, number>();

let hook: Load | undefined;
let hooked: Load;

/** As if nobody were inside. */
const loadElsewhere: Load = (...args) => (hook === undefined ? loader._load : hooked)(...args);

const loadInside: Load = (request, parent, isMain) => {
  // CommonJS modules that are imported have no parent.
  const isElsewhere = !parent || isGreenify(parent.filename) || !inside.has(current());
  return isElsewhere ? hooked(request, parent, isMain) : theWorld().requireFrom(parent, request);
};

function enter(holder: GreenThread | undefined): void {
  inside.set(holder, (inside.get(holder) ?? 0) + 1);
  if (hook !== undefined) return;
  hooked = loader._load;
  hook = loadInside;
  loader._load = hook;
}

function leave(holder: GreenThread | undefined): void {
  const depth = (inside.get(holder) ?? 0) - 1;
  if (depth > 0) inside.set(holder, depth);
  else inside.delete(holder);
  // Where another hook has been put over this one it stays, and does nothing.
  if (inside.size > 0 || loader._load !== hook) return;
  loader._load = hooked;
  hook = undefined;
}

/**
 * Runs `fn` with Node's blocking modules green: what it requires, and whatever that requires now or later, gets them
 * in the place of the builtins. All of these modules are instances of their own, so that others who require the same
 * packages get what they always got. Calls may be nested. `import` is not covered: see `importPatched`.
 *
 * @returns what `fn` returns
 * @throws {TypeError} `fn` is not a function; what `fn` throws
 * Thread: loop. Source: greenletio.patch_blocking.
 */
export function patchBlocking<T>(fn: () => T): T {
  if (typeof fn !== 'function') {
    throw invalidArgument(`patchBlocking() takes a function, not ${describe(fn)}`);
  }
  activate();
  theWorld().scopeGlobals();
  const holder = current();
  enter(holder);
  try {
    return fn();
  } finally {
    leave(holder);
  }
}
