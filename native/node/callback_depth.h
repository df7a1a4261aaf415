#pragma once

#include <v8.h>

#include <cstddef>

namespace greenify::node {

// Where Node counts the callback scopes that are open in an environment
// (Environment::async_callback_scope_depth_): ticks and microtasks run when it falls to zero, so
// scopes that are open on a suspended stack must not count. Found by opening scopes and watching
// which word follows. Throws ProbeError unless exactly one does. Thread: loop, below JavaScript.
size_t* find_callback_depth(v8::Isolate* isolate, v8::Local<v8::Context> context);

}  // namespace greenify::node
