// Set up before every test under sanitizers: those that cannot hold there are skipped, and say why.
import { beforeEach } from 'vitest';

/** By the beginning of `<file> > <describe> > … > <test>`. */
const reasons: Record<string, string> = {
  'test/calls/loading.test.ts > a patched object > looks up functions that are green':
    'dlsym(3) finds AddressSanitizer’s poll(), which is not libc’s own',
};

beforeEach(({ task, skip }) => {
  const name = [task.file.name, task.fullTestName].join(' > ');
  const found = Object.entries(reasons).find(([beginning]) => name.startsWith(beginning));
  if (found !== undefined) skip(found[1]);
});
