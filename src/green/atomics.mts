import green from './atomics.js';

export default green;
export const {
  add,
  and,
  compareExchange,
  exchange,
  isLockFree,
  load,
  notify,
  or,
  store,
  sub,
  wait,
  xor,
} = green;
/** Not in the ECMAScript version that the types are of. */
export const { waitAsync } = green as unknown as {
  waitAsync: (
    cells: Int32Array | BigInt64Array,
    index: number,
    value: number | bigint,
    timeout?: number,
  ) => { async: boolean; value: unknown };
};
