import type zlib from 'node:zlib';

import { greenModule } from '../stdlib/green_module';

/** Node's `zlib` of which the synchronous functions work off the loop thread where a green thread calls them. */
const green = greenModule('zlib') as typeof zlib;

export = green;
