import type childProcess from 'node:child_process';

import { greenModule } from '../stdlib/green_module';

/** Node's `child_process` whose `execSync`, `execFileSync` and `spawnSync` suspend only the green thread that calls them. */
const green = greenModule('child_process') as typeof childProcess;

export = green;
