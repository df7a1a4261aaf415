import { channel } from 'node:diagnostics_channel';

import { native } from './native';

/** What `greenify:wait` and `greenify:pin` tell their subscribers. */
export interface WaitEvent {
  /** The green thread; absent for one that was started before anybody subscribed. */
  thread: object | undefined;
  /** `hub`: it was suspended; `offload`: its call ran on an offload thread; `pin`: its call really blocked. */
  kind: 'hub' | 'offload' | 'pin';
  /** How long; absent for `pin`, of which only the beginning is seen. */
  milliseconds?: number;
}

const kinds = ['hub', 'offload', 'pin'] as const;
const numbersPerEvent = 4;
const pauseMs = 10;

// Kept here: Node forgets channels that nobody holds.
const waits = channel('greenify:wait');
const pins = channel('greenify:pin');

const threads = new Map<number, object>();
let ended: number[] = [];
let active = false;
let timer: NodeJS.Timeout | undefined;

/** Whether somebody listens: green threads then say when they begin and end. */
export function isTracing(): boolean {
  return timer !== undefined;
}

function publish(kind: (typeof kinds)[number], serial: number, nanoseconds: number): void {
  const thread = threads.get(serial);
  const event: WaitEvent =
    kind === 'pin' ? { thread, kind } : { thread, kind, milliseconds: nanoseconds / 1e6 };
  (kind === 'pin' ? pins : waits).publish(event);
}

/** Publishes what has happened since the last time: never where it happens, which may be inside any library. */
function drain(): void {
  const gone = ended;
  ended = [];
  const numbers = native.takeEvents() ?? [];
  for (let at = 0; at < numbers.length; at += numbersPerEvent) {
    const [kind = 0, , serial = 0, nanoseconds = 0] = numbers.slice(at, at + numbersPerEvent);
    publish(kinds[kind] ?? 'hub', serial, nanoseconds);
  }
  for (const serial of gone) threads.delete(serial);
}

/** Called when subscribers have come or gone, and when green threads have become possible. */
function update(): void {
  const wanted = active && (waits.hasSubscribers || pins.hasSubscribers);
  if (wanted === isTracing()) return;
  if (wanted) {
    timer = setInterval(drain, pauseMs).unref();
    process.once('exit', drain);
  } else {
    drain();
    clearInterval(timer);
    timer = undefined;
    process.removeListener('exit', drain);
    threads.clear();
  }
  native.trace(wanted);
}

type Watched = ReturnType<typeof channel>;

/** Node tells nobody about subscribers, so that the channel's own functions have to. */
function watch(watched: Watched): void {
  const after = (name: 'subscribe' | 'unsubscribe'): void => {
    Object.defineProperty(watched, name, {
      configurable: true,
      value(this: Watched, ...args: [never]): unknown {
        // Looked up each time: a channel changes its prototype with its first subscriber.
        const prototype = Object.getPrototypeOf(this) as Watched;
        // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver it is given
        const result: unknown = Reflect.apply(prototype[name], this, args);
        update();
        return result;
      },
    });
  };
  after('subscribe');
  after('unsubscribe');
}

/** Called once, when green threads have become possible. */
export function startTracing(): void {
  active = true;
  watch(waits);
  watch(pins);
  update();
}

/** Called by a green thread that begins, when somebody listens; gives what it is to say when it ends. */
export function beginTraced(thread: object): number {
  const serial = native.serial();
  threads.set(serial, thread);
  return serial;
}

export function endTraced(serial: number): void {
  ended.push(serial);
}
