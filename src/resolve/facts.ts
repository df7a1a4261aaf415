import { GreenifyError, typed } from '../errors';
import { native, type ObjectFacts } from '../native';
import { runtimeSymbols } from './runtimes';

/** What an addon defines, by NAPI_MODULE_INIT of node_api.h … */
const napiEntry = 'napi_register_module_v1';
/** … by NODE_MODULE_INIT of node.h, with the ABI it was built for … */
const nodeEntry = 'node_register_module_v';
/** … or calls while it is loaded (NODE_MODULE, and NAPI_MODULE of older headers). */
const registrations = ['node_module_register', 'napi_module_register'];

/** NODE_MODULE_VERSION of Node 10 was 64; it grows by about ten a year. */
const nodeEntries = Array.from({ length: 256 }, (_, index) => `${nodeEntry}${64 + index}`);

const symbols = [...runtimeSymbols, napiEntry, ...nodeEntries];

/** What a file says of itself, or why that cannot be read. */
export type Inspected = { facts: ObjectFacts } | { error: GreenifyError };

const known = new Map<string, ObjectFacts>();

/** A file that can be read is read once; one that cannot may be mended while this process runs. */
export function inspect(path: string): Inspected {
  const cached = known.get(path);
  if (cached !== undefined) return { facts: cached };
  try {
    const facts = typed(() => native.inspect(path, symbols));
    known.set(path, facts);
    return { facts };
  } catch (error) {
    if (!(error instanceof GreenifyError)) throw error;
    return { error };
  }
}

/** The ABIs of Node that an addon says it was built for; none where it uses Node-API. */
function abisOf({ defined, registeredAbi }: ObjectFacts): string[] {
  const named = defined
    .filter((name) => name.startsWith(nodeEntry))
    .map((name) => name.slice(nodeEntry.length));
  return named.length === 0 && registeredAbi !== undefined ? [String(registeredAbi)] : named;
}

/** Why Node would not take a shared object for an addon; undefined where it would. */
export function addonDefect(facts: ObjectFacts): string | undefined {
  if (facts.defined.includes(napiEntry)) return undefined;
  const [abi, ...others] = abisOf(facts);
  const own = process.versions.modules;
  if (abi !== undefined) {
    const fits = abi === own || others.includes(own);
    return fits ? undefined : `was built for Node ABI ${abi}, this is ${own}`;
  }
  const registers = facts.imports.some(({ name }) => registrations.includes(name));
  return registers ? undefined : 'is a shared library, but no addon of Node';
}

/** An object that was built with musl asks for musl's C library, which no other process has. */
export function isForMusl(facts: ObjectFacts): boolean {
  return facts.needed.some(isMuslLibrary);
}

/** `libc.musl-x86_64.so.1` on Alpine; musl's own soname is `libc.so`. */
export function isMuslLibrary(soname: string): boolean {
  return soname === 'libc.so' || soname.startsWith('libc.musl-') || soname.startsWith('ld-musl-');
}
