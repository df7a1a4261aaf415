import { likeOriginal } from '../functions';
import { greenWait, plainWait } from '../stdlib/atomics';
import { isGreen } from '../thread';
import { callingScript } from './caller';
import { instanceOf, plainName } from './description';

/** What the modules of an instance get for a builtin's name; undefined where that is Node's own. */
type Builtins = (key: string) => unknown;

/** By the id of an instance. */
const scopes = new Map<string, Builtins>();

/** Of the instance that calls `callee`: it is the caller that tells for whom a global is to be green. */
function scopeOfCaller(callee: (...args: never[]) => unknown): Builtins | undefined {
  const instance = instanceOf(callingScript(callee));
  return instance === undefined ? undefined : scopes.get(instance);
}

const scopedWait = likeOriginal(plainWait, (...args: Parameters<typeof plainWait>) => {
  const isScoped = isGreen() && scopeOfCaller(scopedWait) !== undefined;
  return isScoped ? greenWait(...args) : plainWait(...args);
});

type Get = typeof process.getBuiltinModule;

function scopedGet(plain: Get): Get {
  const get = likeOriginal(plain, (name: string): unknown => {
    const scope = typeof name === 'string' ? scopeOfCaller(get) : undefined;
    return scope?.(plainName(name)) ?? Reflect.apply(plain, process, [name]);
  });
  return get as Get;
}

let installed: Get | undefined;

/**
 * Makes `Atomics.wait` and `process.getBuiltinModule` green for the modules of an instance, and for nobody else. What
 * others have put over them would be their caller, so they are put over that.
 */
export function scopeGlobals(instance: string, builtins: Builtins): void {
  scopes.set(instance, builtins);
  if (Atomics.wait === plainWait) Atomics.wait = scopedWait as typeof Atomics.wait;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it has now
  const { getBuiltinModule } = process;
  if (getBuiltinModule === installed) return;
  installed = scopedGet(getBuiltinModule);
  process.getBuiltinModule = installed;
}
