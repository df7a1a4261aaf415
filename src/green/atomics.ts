import { greenModule } from '../stdlib/green_module';

/** JavaScript's `Atomics`, whose `wait` suspends the green thread that calls it, and stops nobody else. */
const green = greenModule('atomics') as typeof Atomics;

export = green;
