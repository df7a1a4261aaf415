import type crypto from 'node:crypto';

import { greenModule } from '../stdlib/green_module';

/** Node's `crypto` of which what computes for long does so off the loop thread where a green thread calls it. */
const green = greenModule('crypto') as typeof crypto;

export = green;
