import { describe, expect, it } from 'vitest';
import { crashing, describeHazard, expectSuccess, printing, runWith } from '../support/hazards';

const script = 'endings.js';

describe.each(['suspended', 'switching'])('process.exit() with %s green threads', (activity) => {
  it.each(['loop stack', 'green thread'])('ends the process, called on a %s', async (caller) => {
    const ended = await runWith('release', { script, args: [activity, caller] });
    expect(ended).toMatchObject({ code: 7, signal: null, stdout: 'exit 7\n', stderr: '' });
  });

  it.each(['loop stack', 'green thread'])('ends a worker, called on a %s', async (caller) => {
    const ended = await runWith('release', { script, args: [activity, caller, 'worker'] });
    expectSuccess(ended, 'exit 7\nworker ended with 7');
  });
});

describe('worker.terminate()', () => {
  it.each(['suspended', 'switching', 'busy'])('ends a worker with %s threads', async (activity) => {
    const ended = await runWith('release', { script, args: [activity, 'terminate', 'worker'] });
    expectSuccess(ended, 'worker ended with 1');
  });
});

describeHazard('worker.terminate() that lands on a busy green thread of a busy worker', {
  script: 'terminate-busy.js',
  hazard: 'termination',
  prints: 'ended with 1',
  without: printing(/^still runs\n$/),
});

describeHazard('a collection in a worker after its suspended threads were abandoned', {
  script: 'abandoned.js',
  hazard: 'abandoned',
  prints: 'terminate 1, exit 3',
  without: crashing(),
});

describe('worker threads with a hub each', () => {
  it('run green sleeps and reads at once, and the main thread too', async () => {
    expectSuccess(await runWith('release', { script: 'workers.js' }), 'right 100,100,100,100');
  });
});
