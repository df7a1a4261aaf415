export { async_, await_ } from './await';
export { GreenifyError } from './errors';
export type { FunctionReport, ObjectReport, UndoReport } from './native';
export {
  isMonkeyPatched,
  monkeyPatch,
  patchLib,
  unpatchLib,
  type Families,
  type PatchReport,
} from './monkey';
export {
  CancelledError,
  current,
  GreenThread,
  isGreen,
  sleep,
  spawn,
  type ThreadState,
} from './thread';
