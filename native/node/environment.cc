#include "node/environment.h"

#include "green/hazard.h"
#include "node/callback_depth.h"
#include "node/openssl_errors.h"
#include "node/switching.h"

namespace greenify::node {
namespace {

using green::answered;
using green::Hazard;

constexpr size_t kRecordsPerBlock = 512;

thread_local Environment* environment_here = nullptr;

}  // namespace

Environment::Environment(v8::Isolate* isolate, v8::Local<v8::Context> context)
    : isolate_(isolate),
      context_(isolate, context),
      resource_type_(isolate, v8::String::NewFromUtf8Literal(isolate, "GreenThread")),
      node_environment_(::node::GetCurrentEnvironment(context)),
      async_stack_(isolate, context),
      callback_depth_(find_callback_depth(isolate, context)),
      loop_(isolate) {
  environment_here = this;
  if (!answered(Hazard::async_frame_root)) return;
  isolate_->AddGCPrologueCallback(before_gc, this);
  isolate_->AddGCEpilogueCallback(after_gc, this);
}

// V8 visits the slot that holds the frame once for each thread it knows (execution/isolate.cc,
// Isolate::Iterate(RootVisitor*, ThreadLocalTop*)), and a scavenge that visits a slot twice copies
// the object twice. So the slot is empty during collections, and a Global keeps the frame.
void Environment::before_gc(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
                            void* environment) {
  const v8::HandleScope handles(isolate);
  const AsyncFrame frame = async_frame(isolate);
  if (frame.IsEmpty()) return;
  static_cast<Environment*>(environment)->frame_in_gc_.Reset(isolate, frame);
  set_async_frame(isolate, v8::Undefined(isolate));
}

void Environment::after_gc(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags,
                           void* environment) {
  SavedAsyncFrame& frame = static_cast<Environment*>(environment)->frame_in_gc_;
  if (frame.IsEmpty()) return;
  const v8::HandleScope handles(isolate);
  set_async_frame(isolate, frame.Get(isolate));
  frame.Reset();
}

Environment::~Environment() {
  environment_here = nullptr;
  if (!answered(Hazard::async_frame_root)) return;
  isolate_->RemoveGCPrologueCallback(before_gc, this);
  isolate_->RemoveGCEpilogueCallback(after_gc, this);
}

Environment* Environment::here() {
  return environment_here;
}

ThreadRecord& Environment::record_of(const green::Thread& thread) {
  const size_t block = thread.index / kRecordsPerBlock;
  while (records_.size() <= block) {
    records_.push_back(std::make_unique<ThreadRecord[]>(kRecordsPerBlock));
  }
  return records_[block][thread.index % kRecordsPerBlock];
}

void Environment::spawn(v8::Local<v8::Object> resource, v8::Local<v8::Function> body,
                        bool is_callback) {
  green::Thread& thread = loop_.acquire(run_body);
  ThreadRecord& record = record_of(thread);
  record.ids = ::node::EmitAsyncInit(isolate_, resource, resource_type_.Get(isolate_));
  record.resource.Reset(isolate_, resource);
  record.body.Reset(isolate_, body);
  const AsyncFrame frame = async_frame(isolate_);
  if (!frame.IsEmpty()) record.frame.Reset(isolate_, frame);
  record.extra_depth = 0;
  record.throws_to_spawner = is_callback;
  // After the callback scope, which would take it for an error of its own.
  const v8::Global<v8::Value> thrown = resume(thread);
  if (!thrown.IsEmpty()) isolate_->ThrowException(thrown.Get(isolate_));
}

// The resumer's stack holds the callback scope; the thread's own level of the async id stack comes
// and goes with it, so that only what the thread pushed on top has to be moved.
v8::Global<v8::Value> Environment::resume(green::Thread& thread) {
  v8::HandleScope handles(isolate_);
  const v8::Local<v8::Context> context = context_.Get(isolate_);
  const v8::Context::Scope entered(context);
  ThreadRecord& record = record_of(thread);
  const AsyncFrame mine = async_frame(isolate_);
  const ::node::CallbackScope scope(node_environment_, record.resource.Get(isolate_), record.ids);
  record.base_depth = *callback_depth_;
  restore(record);
  OpenSslErrors errors;
  const green::State outcome = loop_.resume(thread);
  if (outcome == green::State::finished) OpenSslErrors::forget();
  errors.put_back();
  if (answered(Hazard::async_frame)) set_async_frame(isolate_, mine);
  v8::Global<v8::Value> thrown;
  if (outcome == green::State::finished) {
    thrown = std::move(record.thrown);
    // Before the scope ends: it may run JavaScript that starts another thread, with this record.
    release(record);
  }
  return thrown;
}

void Environment::suspend() {
  ThreadRecord& record = record_of(*green::current());
  save(record);
  OpenSslErrors errors;
  loop_.suspend();
  errors.put_back();
}

void Environment::offload(green::Thread::Handoff handoff, void (*call)(void*), void* argument) {
  save(record_of(*green::current()));
  OpenSslErrors errors;
  green::offload(handoff, call, argument);
  errors.put_back();
}

// Runs on the thread's stack, before it leaves.
void Environment::save(ThreadRecord& record) {
  v8::HandleScope handles(isolate_);
  record.throws_to_spawner = false;
  if (answered(Hazard::async_stack)) {
    async_stack_.take_above(record.ids.async_id, record.levels);
  }
  const AsyncFrame frame = async_frame(isolate_);
  if (!frame.IsEmpty()) record.frame.Reset(isolate_, frame);
  if (answered(Hazard::callback_depth)) {
    record.extra_depth = *callback_depth_ - record.base_depth;
    *callback_depth_ = record.base_depth;
  }
}

// Runs on the resumer's stack, inside its callback scope.
void Environment::restore(ThreadRecord& record) {
  if (answered(Hazard::async_frame) && !record.frame.IsEmpty()) {
    set_async_frame(isolate_, record.frame.Get(isolate_));
  }
  *callback_depth_ += record.extra_depth;
  async_stack_.put_back(record.levels);
}

void Environment::release(ThreadRecord& record) {
  ::node::EmitAsyncDestroy(node_environment_, record.ids);
  record.resource.Reset();
  record.frame.Reset();
  record.levels = std::vector<AsyncLevel>();
}

// What a callback throws before its first wait is for whoever called it. Later there is nobody to
// throw to: it is as uncaught as an error of any callback of the loop. Other bodies settle the
// thread's promise; what gets past them is V8's termination, or an error of greenify's own.
void Environment::run_body(green::Thread& thread) {
  Environment& environment = *here();
  v8::Isolate* isolate = environment.isolate_;
  v8::HandleScope handles(isolate);
  const v8::Local<v8::Context> context = environment.context_.Get(isolate);
  const v8::Context::Scope entered(context);
  ThreadRecord& record = environment.record_of(thread);
  const v8::Local<v8::Object> resource = record.resource.Get(isolate);
  const v8::Local<v8::Function> body = record.body.Get(isolate);
  record.body.Reset();
  v8::TryCatch caught(isolate);
  if (!body->Call(context, resource, 0, nullptr).IsEmpty()) return;
  thread.terminated = caught.HasTerminated();
  if (thread.terminated) return;
  if (record.throws_to_spawner) {
    record.thrown.Reset(isolate, caught.Exception());
  } else {
    ::node::FatalException(isolate, caught);
  }
}

// A collection of wasm code begins with a task for each isolate, which aborts when a thread is
// suspended (wasm/wasm-engine.cc, WasmGCForegroundTask). The flag prevents new collections only; a
// running one may have another behind it.
void Environment::run_pending_tasks() {
  constexpr int kMostRounds = 8;
  if (!answered(Hazard::wasm_code_gc)) return;
  auto* platform = ::node::GetMultiIsolatePlatform(node_environment_);
  for (int round = 0; round < kMostRounds; round++) {
    if (!platform->FlushForegroundTasks(isolate_)) return;
  }
}

bool Environment::shrink() {
  if (!loop_.shrink()) return false;
  const size_t needed = (loop_.table_size() + kRecordsPerBlock - 1) / kRecordsPerBlock;
  if (records_.size() > needed) records_.resize(needed);
  return true;
}

v8::Local<v8::Value> Environment::current_resource() {
  const green::Thread* thread = green::current();
  if (thread == nullptr) return v8::Undefined(isolate_);
  return record_of(*thread).resource.Get(isolate_);
}

void resume(green::Thread& thread) {
  green::on_own_stack([&] { Environment::here()->resume(thread); });
}

void suspend() {
  green::on_own_stack([] { Environment::here()->suspend(); });
}

void offload(green::Thread::Handoff handoff, void (*call)(void*), void* argument) {
  green::on_own_stack([&] { Environment::here()->offload(handoff, call, argument); });
}

std::shared_ptr<green::Thread> share(green::Thread& thread) {
  return Environment::here()->loop().share(thread);
}

bool trim_idle() {
  return Environment::here()->loop().trim_idle();
}

bool shrink() {
  return Environment::here()->shrink();
}

}  // namespace greenify::node
