#pragma once

#include <node.h>
#include <v8.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "green/loop_thread.h"
#include "node/async_frame.h"
#include "node/async_stack.h"

namespace greenify::node {

// What Node keeps per environment, kept per green thread. Owner: Environment, by the thread's
// index.
struct ThreadRecord {
  v8::Global<v8::Object> resource;  // what async_hooks and AsyncLocalStorage see
  v8::Global<v8::Function> body;
  v8::Global<v8::Value> thrown;    // by the body, for the spawner to throw
  bool throws_to_spawner = false;  // until the thread leaves for the first time
  ::node::async_context ids{0, 0};
  SavedAsyncFrame frame;
  std::vector<AsyncLevel> levels;  // async ids pushed above the thread's own
  size_t extra_depth = 0;          // callback scopes open on the thread's stack
  size_t base_depth = 0;           // the environment's depth when it was last resumed
};

// One Node environment (the main thread's or a worker's) with green threads in it. Thread: loop.
class Environment {
 public:
  // Throws ProbeError, and then has changed nothing.
  Environment(v8::Isolate* isolate, v8::Local<v8::Context> context);
  ~Environment();

  // The environment of this loop thread, or nullptr.
  static Environment* here();

  // Runs body() as a green thread, at once, up to its first wait. `resource` is its async resource.
  // What the body throws is an uncaught exception; of a callback, spawn() itself throws (in
  // JavaScript) what it throws before its first wait. Throws green::ThreadLimitError.
  void spawn(v8::Local<v8::Object> resource, v8::Local<v8::Function> body, bool is_callback);
  // Gives what the spawner is to throw, if anything.
  v8::Global<v8::Value> resume(green::Thread& thread);
  void suspend();
  void offload(green::Thread::Handoff handoff, void (*call)(void*), void* argument);

  // Runs what V8 has asked for before its flags were set. To be called before the first spawn().
  void run_pending_tasks();

  // See LoopThread.
  bool shrink();

  // The resource of the current green thread, or undefined.
  v8::Local<v8::Value> current_resource();

  // warner(code, text) emits a process warning.
  void set_warner(v8::Local<v8::Function> warner) { warner_.Reset(isolate_, warner); }
  v8::Local<v8::Function> warner() { return warner_.Get(isolate_); }

  green::LoopThread& loop() { return loop_; }
  AsyncStack& async_stack() { return async_stack_; }
  v8::Isolate* isolate() const { return isolate_; }

 private:
  static void run_body(green::Thread& thread);
  static void before_gc(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* environment);
  static void after_gc(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags, void* environment);
  ThreadRecord& record_of(const green::Thread& thread);
  void save(ThreadRecord& record);
  void restore(ThreadRecord& record);
  void release(ThreadRecord& record);

  v8::Isolate* const isolate_;
  v8::Global<v8::Context> context_;
  v8::Global<v8::String> resource_type_;  // made once: interning it takes longer than the rest of
                                          // what async_hooks are told of a thread
  v8::Global<v8::Function> warner_;
  ::node::Environment* const node_environment_;
  AsyncStack async_stack_;
  SavedAsyncFrame frame_in_gc_;  // the isolate's frame, while it collects
  size_t* const callback_depth_;
  green::LoopThread loop_;
  // In large blocks: records stay where they are, and not between what is freed with the threads.
  std::vector<std::unique_ptr<ThreadRecord[]>> records_;
};

}  // namespace greenify::node
