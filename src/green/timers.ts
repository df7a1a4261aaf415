import type timers from 'node:timers';

import { greenModule } from '../stdlib/green_module';
import type { sleep } from '../thread';

/** Node's `timers`, and `sleep(ms)`, which suspends the green thread that calls it. */
const green = greenModule('timers') as typeof timers & {
  sleep: typeof sleep;
};

export = green;
