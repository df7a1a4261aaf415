/**
 * `node --import greenify/register` (or `--require`): does what `monkeyPatch` does before anything else is loaded.
 * The environment variable `GREENIFY` chooses families, all unless told: `GREENIFY=socket,sleep`.
 */
import { optionsOfText } from './choose';
import { monkeyPatch } from './monkey';

monkeyPatch(optionsOfText(process.env['GREENIFY'] ?? ''));
