/** How late the event loop runs its timers while requests are in flight: zero when it is free. */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const INTERVAL_MS = 5;

/**
 * Two meters, one to check the other: a timer of our own, which runs only while requests are in
 * flight, and Node's histogram, which needs to run from the start (its first sample after a start or
 * a reset is the time between two ticks, so that a wait before the first tick would be missed).
 */
export class DelayMeter {
  #inFlight = 0;
  #worst = 0;
  #lastTick = 0;
  #timer;
  #histogram = monitorEventLoopDelay({ resolution: INTERVAL_MS });

  constructor() {
    this.#histogram.enable();
  }

  requestStarted() {
    this.#inFlight += 1;
    if (this.#timer) return;
    this.#lastTick = performance.now();
    this.#timer = setInterval(() => this.#tick(), INTERVAL_MS);
  }

  requestEnded() {
    this.#inFlight -= 1;
  }

  /** Worst delays in milliseconds, by the timer and by `monitorEventLoopDelay`. */
  report() {
    this.#note();
    const histogram = Math.max(0, this.#histogram.max / 1e6 - INTERVAL_MS);
    return { worstDelayMs: this.#worst, worstDelayOfHistogramMs: histogram };
  }

  /** The last tick comes after the last response, so that a wait just before that is counted too. */
  #tick() {
    this.#note();
    this.#lastTick = performance.now();
    if (this.#inFlight > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #note() {
    if (!this.#timer) return;
    this.#worst = Math.max(this.#worst, performance.now() - this.#lastTick - INTERVAL_MS);
  }
}
