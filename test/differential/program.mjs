// A random program: one to three actors that perform operations, one of them at a time, but for
// exchanges, in which one waits and another ends the wait. So whatever the timing, the results are
// the same.
import { ARGUMENTS } from './choices.mjs';
import { families } from './families.mjs';
import { Random } from './random.mjs';

const MOST_ACTORS = 3;

/** An actor's operations, [name, operand…] each, as numbers for the interpreter that knows these. */
export function encode(actor, operations) {
  const words = actor.flatMap(([name, ...operands]) => [
    operations.indexOf(name),
    ...Array.from({ length: ARGUMENTS }, (_, i) => operands[i] ?? 0),
  ]);
  return Int32Array.from(words);
}

export class Program {
  #leader = 0;

  constructor(family, seed) {
    this.family = family;
    this.seed = seed;
    this.random = new Random(seed);
    this.actors = Array.from({ length: 1 + this.random.below(MOST_ACTORS) }, () => []);
    const phases = 2 + this.random.below(4);
    for (let i = 0; i < phases; i += 1) this.#addPhase(families[family]);
    this.#endTogether();
  }

  get operations() {
    return this.actors.reduce((sum, { length }) => sum + length, 0);
  }

  /** An operation of the actor whose turn it is. */
  do(name, ...operands) {
    this.#add(this.#leader, name, ...operands);
  }

  /**
   * An operation that waits, of another actor, and those that end its wait, of the one whose turn it
   * is; a function is told which actor waits. `prelude` and `coda` are the waiting actor's as well.
   */
  exchange({ prelude = [], waits, coda = [], ends }) {
    const helper = this.#leader;
    const waiter = (helper + 1 + this.random.below(this.actors.length - 1)) % this.actors.length;
    this.#add(helper, 'pass', waiter);
    this.#add(waiter, 'await');
    for (const operation of prelude) this.#add(waiter, ...operation);
    if (prelude.length > 0) {
      this.#add(waiter, 'pass', helper);
      this.#add(helper, 'await');
    }
    this.#add(waiter, ...waits);
    this.#add(helper, 'usleep', this.random.below(1500));
    const ending = typeof ends === 'function' ? ends(waiter) : ends;
    for (const operation of ending) this.#add(helper, ...operation);
    for (const operation of coda) this.#add(waiter, ...operation);
    this.#add(waiter, 'pass', helper);
    this.#add(helper, 'await');
  }

  encode(operations) {
    return this.actors.map((actor) => encode(actor, operations));
  }

  #add(actor, name, ...operands) {
    this.actors[actor].push([name, ...operands]);
  }

  #addPhase(family) {
    this.#pass(this.random.below(this.actors.length));
    const steps = 3 + this.random.below(10);
    for (let i = 0; i < steps; i += 1) family.step(this, this.random);
    if (this.actors.length > 1) family.exchange(this, this.random);
  }

  /** Locks that an actor has left are released when it ends: none ends before the others. */
  #endTogether() {
    for (const other of this.actors.keys()) {
      if (other === this.#leader) continue;
      this.#add(this.#leader, 'pass', other);
      this.#add(other, 'await');
    }
  }

  #pass(actor) {
    if (actor === this.#leader) return;
    this.#add(this.#leader, 'pass', actor);
    this.#add(actor, 'await');
    this.#leader = actor;
  }
}
