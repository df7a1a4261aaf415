export { async_, await_ } from './await';
export { GreenifyError } from './errors';
export { green } from './callback';
export type { Families, PatchOptions, ProcessOptions } from './choose';
export { isMonkeyPatched, monkeyPatch, patchLib, type PatchReport, unpatchLib } from './monkey';
export type { FunctionReport, SharedLibrary, UndoReport } from './native';
export type { InheritanceReport, UninheritedSetting } from './processes/inherit';
export {
  type PackagePatch,
  type PatchContext,
  type PatchedObjects,
  registerPatch,
  type SerialisedMethods,
} from './patches';
export type { ObjectReport } from './report/object';
export type { Unhookable, UnhookableReason } from './report/unhookable';
export {
  type LeftLibrary,
  type ObjectRecord,
  type PackageRecord,
  registryReport as report,
  type RegistryReport,
  type Request,
  type Rule,
} from './registry/registry';
export { patchBlocking } from './scoped/blocking';
export { importPatched, original, requirePatched, type ScopeOptions } from './scoped/import';
export {
  CancelledError,
  current,
  GreenThread,
  isGreen,
  sleep,
  spawn,
  type ThreadState,
} from './thread';
