import { crashing, describeHazard, failing, nodeMajor, printing } from '../support/hazards';

const corrupted = failing(/async hook stack has become corrupted/);

describeHazard('waits within AsyncResource#runInAsyncScope, interleaved', {
  script: 'async-stack.js',
  hazard: 'async_stack',
  prints: 'own ids true\nids on the loop stack true',
  without: corrupted,
});

const storage = { script: 'async-local-storage.js', prints: 'wrong: nothing' };
const mixedUp = printing(/^wrong: .*after a wait in run\(\)/);

if (nodeMajor >= 24) {
  describeHazard("AsyncLocalStorage's stores across waits, kept in frames", {
    ...storage,
    hazard: 'async_frame',
    without: mixedUp,
  });
} else {
  describeHazard("AsyncLocalStorage's stores across waits, kept in async resources", {
    ...storage,
    hazard: 'async_stack',
    without: corrupted,
  });
}

if (nodeMajor === 22) {
  describeHazard("AsyncLocalStorage's stores across waits, kept in frames by a flag of Node 22", {
    ...storage,
    flags: ['--experimental-async-context-frame'],
    hazard: 'async_frame',
    without: mixedUp,
  });
}

if (nodeMajor >= 24) {
  describeHazard("scavenges of AsyncLocalStorage's frame while green threads are suspended", {
    script: 'async-frame-root.js',
    flags: ['--no-parallel-scavenge'],
    hazard: 'async_frame_root',
    prints: 'wrong: 0',
    without: crashing(),
    attempts: 20,
    only: { majors: [24], why: 'Node 26 has the same code, and no run of it was seen to crash' },
  });
}

for (const caller of ['node::MakeCallback', 'napi_make_callback']) {
  describeHazard(`ticks and promises while JavaScript under ${caller} waits`, {
    script: 'callback-depth.js',
    args: [caller],
    hazard: 'callback_depth',
    prints: '{"ticks":10,"promises":10,"immediates":10}\ncalled back',
    without: printing(/^{"ticks":0,"promises":0,"immediates":10}\n$/),
  });
}

describeHazard('Node-API handle scopes that close in another order than they opened', {
  script: 'napi-scopes.js',
  hazard: 'napi_scopes',
  prints: '8 ended, in the order they began: false',
  without: crashing(/open_handle_scopes/),
});

describeHazard('a wait within a Node-API callback scope, which is pinned', {
  script: 'napi-callback-scope.js',
  hazard: 'napi_scopes',
  prints: 'fulfilled,fulfilled,fulfilled; pinned 3, waited 0\nresults 3000,1000,2000',
  without: crashing(/open_callback_scopes/),
});
