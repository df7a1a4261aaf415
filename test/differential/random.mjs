/** Random numbers that a seed repeats (mulberry32, by Tommy Ettinger, public domain). */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `limit` - 1. */
  below(limit) {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) % limit;
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  pick(values) {
    return values[this.below(values.length)];
  }

  /** One of [weight, value] pairs. */
  weighted(pairs) {
    let at = this.below(pairs.reduce((sum, [weight]) => sum + weight, 0));
    return pairs.find(([weight]) => (at -= weight) < 0)[1];
  }
}
