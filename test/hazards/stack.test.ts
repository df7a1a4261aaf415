import { crashing, describeHazard } from '../support/hazards';

describeHazard('a full collection inside a green thread', {
  script: 'full-gc.js',
  flags: ['--expose-gc'],
  hazard: 'stack_start',
  prints: 'kept 3,3,3,3,3',
  without: crashing(),
});

describeHazard('a stack overflow that is caught inside a green thread, again and again', {
  script: 'stack-overflow.js',
  hazard: 'stack_limit',
  prints: [
    `1 ${Array.from({ length: 5 }, () => 'RangeError,true').join()}`,
    'loop stack: RangeError, as deep as before: true',
  ].join('\n'),
  without: crashing(),
});

describeHazard('an exception thrown deep on the loop stack after switching', {
  script: 'deep-exception.js',
  hazard: 'loop_stack_limit',
  prints: 'caught as deep as before: true',
  without: crashing(/IsOnCentralStack/),
  only: { majors: [26], why: 'V8 checks where an exception is thrown since Node 26' },
});
