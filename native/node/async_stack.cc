#include "node/async_stack.h"

#include <dlfcn.h>

#include <string>

#include "green/error.h"

namespace greenify::node {
namespace {

v8::Local<v8::Function> exported_function(v8::Local<v8::Context> context, const char* symbol) {
  void* address = dlsym(RTLD_DEFAULT, symbol);
  if (address == nullptr) {
    throw green::ProbeError(std::string("this build of Node does not export ") + symbol);
  }
  return v8::Function::New(context, reinterpret_cast<v8::FunctionCallback>(address))
      .ToLocalChecked();
}

}  // namespace

AsyncStack::AsyncStack(v8::Isolate* isolate, v8::Local<v8::Context> context) : isolate_(isolate) {
  constexpr char kPush[] =
      "_ZN4node9AsyncWrap16PushAsyncContextERKN2v820FunctionCallbackInfoINS1_5ValueEEE";
  constexpr char kPop[] =
      "_ZN4node9AsyncWrap15PopAsyncContextERKN2v820FunctionCallbackInfoINS1_5ValueEEE";
  push_.Reset(isolate, exported_function(context, kPush));
  pop_.Reset(isolate, exported_function(context, kPop));
}

// False when the stack is empty afterwards, or was: an uncaught exception clears it.
bool AsyncStack::pop(v8::Local<v8::Context> context, double async_id) {
  v8::Local<v8::Value> argument = v8::Number::New(isolate_, async_id);
  v8::Local<v8::Value> more;
  return pop_.Get(isolate_)->Call(context, v8::Undefined(isolate_), 1, &argument).ToLocal(&more) &&
         more->IsTrue();
}

v8::Local<v8::Value> AsyncStack::top_resource(v8::Local<v8::Context> context) {
  v8::Local<v8::Value> resource = v8::Undefined(isolate_);
  if (read_top_.IsEmpty()) return resource;
  return read_top_.Get(isolate_)
      ->Call(context, v8::Undefined(isolate_), 0, nullptr)
      .FromMaybe(resource);
}

void AsyncStack::set_top_resource(v8::Local<v8::Context> context, v8::Local<v8::Value> resource) {
  if (write_top_.IsEmpty()) return;
  [[maybe_unused]] const auto result =
      write_top_.Get(isolate_)->Call(context, v8::Undefined(isolate_), 1, &resource);
}

void AsyncStack::take_above(double base_id, std::vector<AsyncLevel>& levels) {
  double id = ::node::AsyncHooksGetExecutionAsyncId(isolate_);
  if (id == base_id) return;
  v8::HandleScope handles(isolate_);
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  bool more = true;
  while (more && id != base_id) {
    const double trigger = ::node::AsyncHooksGetTriggerAsyncId(isolate_);
    v8::Local<v8::Value> resource = top_resource(context);
    more = pop(context, id);
    if (id != 0 || more) levels.push_back({id, trigger, v8::Global<v8::Value>(isolate_, resource)});
    id = ::node::AsyncHooksGetExecutionAsyncId(isolate_);
  }
}

void AsyncStack::put_back(std::vector<AsyncLevel>& levels) {
  if (levels.empty()) return;
  v8::HandleScope handles(isolate_);
  v8::Local<v8::Context> context = isolate_->GetCurrentContext();
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    v8::Local<v8::Value> arguments[] = {v8::Number::New(isolate_, level->async_id),
                                        v8::Number::New(isolate_, level->trigger_id)};
    if (push_.Get(isolate_)->Call(context, v8::Undefined(isolate_), 2, arguments).IsEmpty()) break;
    set_top_resource(context, level->resource.Get(isolate_));
  }
  levels.clear();
}

}  // namespace greenify::node
