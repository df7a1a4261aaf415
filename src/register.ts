/**
 * `node --import greenify/register` (or `--require`): does what `monkeyPatch` does before anything else is loaded.
 * The environment variable `GREENIFY` chooses families, all unless told: `GREENIFY=socket,sleep`.
 */
import { isMainThread, parentPort } from 'node:worker_threads';

import { familiesOfText } from './choose';
import { monkeyPatch } from './monkey';

// Node runs what --require names in the thread of its loader hooks too, which is a worker without a parent port:
// nothing of the program runs there.
const isProgram = isMainThread || parentPort !== null;

if (isProgram) monkeyPatch(familiesOfText(process.env['GREENIFY'] ?? ''));
