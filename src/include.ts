import { join } from 'node:path';

/** The directory of greenify.h, for `include_dirs` of a binding.gyp. The native part is not loaded for it. */
const directory = join(__dirname, '..', 'include');

export = directory;
