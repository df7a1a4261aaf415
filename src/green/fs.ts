import type fs from 'node:fs';

import { greenModule } from '../stdlib/green_module';

/** Node's `fs` whose `*Sync` functions suspend only the green thread that calls them. */
const green = greenModule('fs') as typeof fs;

export = green;
