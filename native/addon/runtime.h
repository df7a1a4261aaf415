#pragma once

#include <v8.h>

#include <memory>

#include "hub/hub.h"
#include "node/environment.h"

namespace greenify::addon {

// Green threads of one Node environment: its environment record and its hub. Made on first use,
// closed by the environment's clean-up. Thread: loop.
class Runtime {
 public:
  // Throws green::ProbeError, std::system_error or SecondCopyError, and then has changed nothing.
  // Idempotent.
  static void activate(v8::Isolate* isolate, v8::Local<v8::Context> context);
  // nullptr before activate() and after the environment's clean-up.
  static Runtime* here();

  node::Environment& environment() { return environment_; }
  hub::Hub& hub() { return *hub_; }

 private:
  Runtime(v8::Isolate* isolate, v8::Local<v8::Context> context);
  static void clean_up(void* runtime, void (*done)(void*), void* data);

  node::Environment environment_;
  std::shared_ptr<hub::Hub> hub_;
  ::node::AsyncCleanupHookHandle hook_;
};

}  // namespace greenify::addon
