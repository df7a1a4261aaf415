import type timers from 'node:timers';

import { greenModule } from '../stdlib/green_module';
import { sleep } from '../thread';

/** Node's `timers`, and `sleep(ms)`, which suspends the green thread that calls it. */
const green = greenModule('timers', { sleep }) as typeof timers & {
  sleep: typeof sleep;
};

export = green;
