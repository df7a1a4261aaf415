#include "addon/runtime.h"

#include <node.h>

#include "addon/abi.h"
#include "green/v8_flags.h"

namespace greenify::addon {
namespace {

thread_local Runtime* runtime_here = nullptr;

}  // namespace

Runtime::Runtime(v8::Isolate* isolate, v8::Local<v8::Context> context)
    : environment_(isolate, context), hub_(hub::Hub::open(::node::GetCurrentEventLoop(isolate))) {
  hook_ = ::node::AddEnvironmentCleanupHook(isolate, clean_up, this);
}

void Runtime::activate(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  if (runtime_here != nullptr) return;
  const bool is_first = publish_abi();
  try {
    runtime_here = new Runtime(isolate, context);
  } catch (...) {
    if (is_first) withdraw_abi();
    throw;
  }
  green::set_v8_flags();
  runtime_here->environment_.run_pending_tasks();
}

Runtime* Runtime::here() {
  return runtime_here;
}

// Suspended threads are abandoned here: no JavaScript may run any more that could unwind them.
void Runtime::clean_up(void* argument, void (*done)(void*), void* data) {
  auto* runtime = static_cast<Runtime*>(argument);
  runtime_here = nullptr;
  const std::shared_ptr<hub::Hub> hub = runtime->hub_;
  delete runtime;
  hub->close(done, data);
}

}  // namespace greenify::addon
