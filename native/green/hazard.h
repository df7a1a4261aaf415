#pragma once

// Each hazard of V8, Node or libc that suspended stacks meet has one answer in the code, guarded by
// answered(). In release builds that is the constant true and nothing of the switch remains; only
// the test build (GREENIFY_HAZARD_SWITCHES) can leave an answer out, to prove that its test
// notices.

namespace greenify::green {

enum class Hazard {
  stack_start,       // a full GC scans to the recorded start of the stack
  stack_limit,       // V8's limit belongs to the stack that runs,
  loop_stack_limit,  // and the loop stack's own to the loop stack, when it runs again
  fast_api_calls,    // a GC in a fast API call skips the frames of suspended threads
  wasm_code_gc,      // V8 aborts when wasm code is collected beside suspended threads
  left_trim,         // left-trimmed arrays leave stale handles in suspended frames
  async_stack,       // Node checks that async ids are popped in order
  async_frame,       // AsyncLocalStorage follows the thread
  async_frame_root,  // a scavenge visits the slot of AsyncLocalStorage's frame once for each thread
  callback_depth,    // an open callback scope on a suspended stack stalls ticks and promises
  napi_scopes,       // Node-API aborts when handle scopes close out of order
  gc_zone,           // destructors that wait run inside the collector
  termination,       // a termination that lands on a green thread belongs to its resumer
  abandoned,         // stacks of abandoned threads are walked until the isolate is gone
};

#ifdef GREENIFY_HAZARD_SWITCHES
// False for the hazards named, comma-separated, in the environment variable GREENIFY_UNANSWERED.
bool answered(Hazard hazard);
#else
constexpr bool answered(Hazard) {
  return true;
}
#endif

}  // namespace greenify::green
