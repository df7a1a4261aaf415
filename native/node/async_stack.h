#pragma once

#include <node.h>
#include <v8.h>

#include <vector>

namespace greenify::node {

// One level of Node's async id stack, as AsyncResource#runInAsyncScope and MakeCallback push them.
struct AsyncLevel {
  double async_id;
  double trigger_id;
  v8::Global<v8::Value> resource;
};

// Node's async id stack above a green thread's own level. Node aborts the process when levels are
// popped out of order, so what a thread has pushed leaves the stack with it. Thread: loop.
//
// Pushing and popping are done by the functions behind Node's own JavaScript
// (AsyncWrap::PushAsyncContext, PopAsyncContext, ExecutionAsyncResource), which every build
// exports.
class AsyncStack {
 public:
  // Throws ProbeError when this Node build lacks one of the functions.
  AsyncStack(v8::Isolate* isolate, v8::Local<v8::Context> context);

  // Node 20 and 22 keep the resources of levels pushed by JavaScript in an array of their own, and
  // AsyncLocalStorage lives in those resources: functions that read and write the topmost one.
  void set_resource_access(v8::Local<v8::Function> read_top, v8::Local<v8::Function> write_top) {
    read_top_.Reset(isolate_, read_top);
    write_top_.Reset(isolate_, write_top);
  }

  // Pops every level above `base_id` into `levels`, innermost first.
  void take_above(double base_id, std::vector<AsyncLevel>& levels);
  // Pushes them again, outermost first, and empties `levels`.
  void put_back(std::vector<AsyncLevel>& levels);

 private:
  bool pop(v8::Local<v8::Context> context, double async_id);
  v8::Local<v8::Value> top_resource(v8::Local<v8::Context> context);
  void set_top_resource(v8::Local<v8::Context> context, v8::Local<v8::Value> resource);

  v8::Isolate* const isolate_;
  v8::Global<v8::Function> push_;
  v8::Global<v8::Function> pop_;
  v8::Global<v8::Function> read_top_;
  v8::Global<v8::Function> write_top_;
};

}  // namespace greenify::node
