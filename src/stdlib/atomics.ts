import { await_ } from '../await';
import { likeOriginal } from '../functions';
import { native } from '../native';

type Waited = 'ok' | 'not-equal' | 'timed-out';
type Cells = Int32Array | BigInt64Array;

/** Not in the ECMAScript version that the types are of; V8 has it since 8.7. */
interface WaitAsync {
  waitAsync: (
    cells: Cells,
    index: number,
    value: number | bigint,
    timeout?: number,
  ) => { async: false; value: Waited } | { async: true; value: Promise<Waited> };
}

const { wait, notify } = Atomics;
const { waitAsync } = Atomics as unknown as WaitAsync;

/** A wait that was cancelled stays in V8's queue: the wake-up it gets is the next one's. */
function handOn(turn: Promise<Waited>, cells: Cells, index: number): void {
  void turn.then((waited) => {
    if (waited === 'ok') notify(cells as Int32Array, index, 1);
  });
}

function waitGreen(cells: Cells, index: number, value: number | bigint, timeout?: number): Waited {
  const waiting = waitAsync(cells, index, value, timeout);
  if (!waiting.async) return waiting.value;
  // V8's timers for this do not keep the process alive, and a blocked process does not end.
  const alive = setInterval(() => undefined, 2 ** 31 - 1);
  try {
    return await_(waiting.value);
  } catch (reason) {
    handOn(waiting.value, cells, index);
    throw reason;
  } finally {
    clearInterval(alive);
  }
}

/** As it is without greenify. */
export const plainWait = wait;

/** V8 itself waits in `Atomics.wait`, where no slot leads; a green thread waits for V8's promise instead. */
export const greenWait = likeOriginal(wait, (...args: Parameters<typeof waitGreen>): Waited =>
  native.mayWait() ? waitGreen(...args) : (wait as typeof waitGreen)(...args),
);

export const atomicsFunctions = { wait: greenWait };
