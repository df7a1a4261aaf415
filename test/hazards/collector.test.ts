import { expect, describe, it } from 'vitest';
import {
  crashing,
  describeHazard,
  expectSuccess,
  nodeMajor,
  printing,
  runWith,
} from '../support/hazards';

const fastApiCalls = {
  script: 'fast-api-gc.js',
  prints: 'threads: intact',
  hazard: 'fast_api_calls',
  without: crashing(),
  only: { majors: [24, 26], why: 'fast API calls do not allocate before Node 24' },
};

describeHazard('a collection in a fast API call while green threads are suspended', fastApiCalls);

describeHazard('the same in code that was optimised before greenify was activated', {
  ...fastApiCalls,
  args: ['hot-before'],
});

describe('code that was optimised before greenify was activated', () => {
  it('would crash if it were not thrown away', async ({ skip }) => {
    if (!fastApiCalls.only.majors.includes(nodeMajor)) skip(fastApiCalls.only.why);
    crashing()(await runWith('release', { ...fastApiCalls, args: ['keep-optimised'] }));
  });
});

describeHazard('WebAssembly code that becomes garbage while a green thread is suspended', {
  script: 'wasm-code-gc.js',
  // Functions tier up after a few calls instead of thousands.
  flags: ['--wasm-tiering-budget=1000'],
  hazard: 'wasm_code_gc',
  prints: 'suspended thread went on',
  without: crashing(/archived threads in combination with wasm not supported/),
});

describeHazard('WebAssembly code that became garbage before greenify was activated', {
  script: 'wasm-code-gc.js',
  args: ['early'],
  flags: ['--wasm-tiering-budget=1000'],
  hazard: 'wasm_code_gc',
  prints: 'suspended thread went on',
  without: crashing(/archived threads in combination with wasm not supported/),
});

describeHazard('an array shortened at its front while Array#concat waits in another thread', {
  script: 'left-trim.js',
  // V8 11 has no check for it; moving everything makes a stale handle show sooner.
  flags: ['--expose-gc', '--stress-compaction'],
  hazard: 'left_trim',
  prints: 'intact true, left 140',
  without: crashing(),
});

const destructors = {
  script: 'destructors.js',
  flags: ['--expose-gc'],
  prints: 'turns meanwhile 0, pinned true\ndestroyed 3, received 48',
};

describeHazard('destructors that block, in the first pass of weak callbacks', {
  ...destructors,
  args: ['attach'],
  hazard: 'gc_zone',
  without: crashing(),
});

describe('destructors that block, in the second pass of weak callbacks', () => {
  it('really block, and nobody else runs meanwhile', async () => {
    const story = { ...destructors, args: ['attachLate'] };
    expectSuccess(await runWith('release', story), destructors.prints);
  });

  it('do not without the answer to gc_zone', async () => {
    const story = { ...destructors, args: ['attachLate'] };
    const ended = await runWith('hazards', story, 'gc_zone');
    // Node 24 and later forbid JavaScript there, before it only is not meant to run.
    if (nodeMajor >= 24) crashing(/Invoke in DisallowJavascriptExecutionScope/)(ended);
    else printing(/^turns meanwhile [1-9]\d*, pinned false/)(ended);
    expect(ended.stdout).not.toContain('turns meanwhile 0');
  });
});
