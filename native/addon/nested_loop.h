#pragma once

#include <uv.h>

namespace greenify::addon {

// Takes the place of uv_run in the import slots of patched addons. An addon that runs its
// environment's own loop again (deasync) from a green thread would have the loop's callbacks on a
// stack that may be suspended; libuv is not re-entrant: it throws ERR_GREENIFY_NESTED_LOOP in
// JavaScript and runs nothing. Private loops, and the environment's loop run from the loop stack,
// are libuv's business. Thread: any.
int refuse_nested_run(uv_loop_t* loop, uv_run_mode mode);

}  // namespace greenify::addon
