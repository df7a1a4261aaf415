#include "green/loop_thread.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <system_error>

#include "green/error.h"
#include "green/hazard.h"
#include "green/kernel_state.h"
#include "green/sanitizer.h"
#include "green/switch.h"

namespace greenify::green {
namespace {

constexpr size_t kPooledThreads = 256;
constexpr size_t kShrinkAfterDiscarded = 64;

thread_local LoopThread* loop_here = nullptr;

// Stacks of abandoned threads. V8 walks the archived frames of an isolate until the isolate is
// gone, and that is later than Node's last clean-up hook; what is surely later still is the end of
// the kernel thread that ran it. At the end of the process nothing needs to be given back (and
// exit(3) runs these destructors on whichever stack called it).
class Graveyard {
 public:
  ~Graveyard() {
    if (getpid() == gettid() || current() != nullptr) keep_for_ever(new auto(std::move(threads_)));
  }
  void bury(std::shared_ptr<Thread> thread) { threads_.push_back(std::move(thread)); }

 private:
  std::vector<std::shared_ptr<Thread>> threads_;
};

thread_local Graveyard graveyard;

// V8 runs destructors of native objects (weak callbacks) between these two. Their second pass comes
// behind the epilogue when the collection was forced: that zone ends with the next interrupt, which
// JavaScript takes as soon as it runs again (heap/global-handles.cc,
// InvokeOrScheduleSecondPassPhantomCallbacks).
void before_gc(v8::Isolate*, v8::GCType, v8::GCCallbackFlags) {
  enter_no_yield();
}

void after_gc(v8::Isolate* isolate, v8::GCType, v8::GCCallbackFlags flags) {
  constexpr int kSynchronous = v8::kGCCallbackFlagForced |
                               v8::kGCCallbackFlagCollectAllAvailableGarbage |
                               v8::kGCCallbackFlagSynchronousPhantomCallbackProcessing;
  leave_no_yield();
  if (current() == nullptr || (flags & kSynchronous) == 0) return;
  begin_second_pass();
  isolate->RequestInterrupt([](v8::Isolate*, void*) { end_second_pass(); }, nullptr);
}

}  // namespace

LoopThread* LoopThread::here() {
  return loop_here;
}

LoopThread::LoopThread(v8::Isolate* isolate)
    : isolate_(isolate),
      slots_(Slots::of_this_thread(isolate)),
      home_{*slots_.thread_id, *slots_.stack_start, current_stack_limit(isolate)},
      spare_states_(isolate) {
  loop_here = this;
  know_stack(home_bounds());
  if (!answered(Hazard::gc_zone)) return;
  isolate_->AddGCPrologueCallback(before_gc);
  isolate_->AddGCEpilogueCallback(after_gc);
}

LoopThread::~LoopThread() {
  loop_here = nullptr;
  forget_stack(home_bounds());
  if (answered(Hazard::gc_zone)) {
    isolate_->RemoveGCPrologueCallback(before_gc);
    isolate_->RemoveGCEpilogueCallback(after_gc);
  }
  for (std::shared_ptr<Thread>& thread : threads_) {
    if (thread == nullptr || thread->state == State::idle) continue;
    if (answered(Hazard::abandoned)) graveyard.bury(std::move(thread));
  }
}

// As far as JavaScript goes down on it, and native code below that.
StackBounds LoopThread::home_bounds() const {
  const uintptr_t bottom = home_.js_limit - Stack::kNativeReserve;
  return {reinterpret_cast<void*>(bottom), reinterpret_cast<uintptr_t>(home_.stack_start) - bottom};
}

const Identity& LoopThread::identity_of(const Thread* thread) const {
  return thread == nullptr ? home_ : thread->identity;
}

// Tells V8 which thread the next Locker, or end of an Unlocker, is for. V8 must be unlocked, or
// about to be entered by nobody else: both slots belong to this kernel thread.
void LoopThread::assume(const Identity& identity) {
  *slots_.thread_id = identity.v8_id;
  if (answered(Hazard::stack_start)) *slots_.stack_start = identity.stack_start;
}

// What V8 keeps per isolate though it belongs to a stack. V8 must be locked for `identity`; nothing
// may run JavaScript or collect garbage between locking and this.
void LoopThread::settle(const Identity& identity) {
  if (answered(Hazard::stack_start)) {
    isolate_->Enter();  // re-reads the stack-start slot (V8 11.3: nothing else does)
    isolate_->Exit();
  }
  if (&identity == &home_ && !answered(Hazard::loop_stack_limit)) return;
  if (answered(Hazard::stack_limit)) isolate_->SetStackLimit(identity.js_limit);
}

Thread& LoopThread::acquire(Thread::Body body) {
  if (idle_.empty()) {
    const bool fresh = free_indices_.empty();
    const uint32_t index = fresh ? static_cast<uint32_t>(threads_.size()) : free_indices_.back();
    std::shared_ptr<Thread> thread;
    try {
      thread = std::make_shared<Thread>(*this, index);
    } catch (const std::system_error& failure) {
      throw ThreadLimitError(
          std::string(failure.what()) + ": no stack for a green thread, with " +
          std::to_string(live_) +
          " alive; raise vm.max_map_count (two mappings a thread) or start fewer at once");
    }
    thread->identity = {allocate_thread_id(slots_, isolate_), thread->stack.top(),
                        thread->stack.js_limit()};
    thread->sp = greenify_prepare(thread->stack.top(), thread_main, thread.get());
    if (fresh) {
      threads_.push_back(thread);
    } else {
      free_indices_.pop_back();
      threads_[index] = thread;
    }
    idle_.push_back(thread.get());
  }
  Thread& thread = *idle_.back();
  idle_.pop_back();
  thread.stack.wake();
  live_++;
  thread.body = body;
  thread.serial = ++started_;
  thread.state = State::suspended;
  thread.terminated = false;
  thread.pages_released = false;
  thread.cancelled = false;
  thread.no_yield = 0;
  thread.asked = 0;
  thread.sent_to = -1;
  thread.foreign.clear();
  return thread;
}

// Runs a thread with its own calls in libraries that have a stack of their own, and puts the
// caller's back.
State LoopThread::resume(Thread& thread) {
  KeptForeign mine;
  const bool apart = foreign_.empty() || foreign_.change(mine, thread.foreign);
  thread.no_yield += apart ? 0 : 1;
  run(thread);
  thread.no_yield -= apart ? 0 : 1;
  if (!foreign_.empty()) foreign_.change(thread.foreign, mine);
  if (const Thread::Handoff handoff = thread.handoff) {
    thread.handoff = nullptr;
    handoff(thread);  // from here on another kernel thread may be running it
    return State::offloaded;
  }
  if (thread.state != State::finished) return State::suspended;
  retire(thread);
  return State::finished;
}

void LoopThread::run(Thread& thread) {
  Thread* const me = current();
  const KernelState mine = KernelState::capture();
  {
    v8::Unlocker unlocked(isolate_);
    thread.resumer = me;
    thread.state = State::running;
    assume(thread.identity);
    running_thread = &thread;
    switch_stacks(&thread.resumer_sp, thread.sp, thread.stack.bounds());
    running_thread = me;
    assume(identity_of(me));
  }
  settle(identity_of(me));
  mine.apply();
}

// V8 must never see a stack pointer on another stack than the one it was told of: it compares it
// with its limit, and a collection scans from it to the start of the stack. Below the deepest that
// JavaScript may go there is room for native code, whose upper part the library's own frames use
// that lie between the last JavaScript and the change of stacks.
void LoopThread::call_on_own_stack(void (*call)(void*), void* argument) {
  if (foreign_.empty() || !foreign_.holds(__builtin_frame_address(0))) return call(argument);
  constexpr uintptr_t kLibraryFrames = 48 * 1024;
  constexpr uintptr_t kHeadRoom = 16 * 1024;
  Thread* const me = current();
  Identity& identity = me == nullptr ? home_ : me->identity;
  const uintptr_t limit = identity.js_limit;
  identity.js_limit = limit - Stack::kNativeReserve + kHeadRoom;
  isolate_->SetStackLimit(identity.js_limit);
  KeptForeign kept, none;  // what runs now is in none of those calls: it gets another stack for its
  foreign_.change(kept, none);
  greenify_call_on(reinterpret_cast<void*>((limit - kLibraryFrames) & ~uintptr_t{15}), call,
                   argument);
  foreign_.change(none, kept);
  identity.js_limit = limit;
  isolate_->SetStackLimit(limit);
}

void on_own_stack(void (*call)(void*), void* argument) {
  LoopThread* loop = LoopThread::here();
  if (loop == nullptr) return call(argument);
  loop->call_on_own_stack(call, argument);
}

void LoopThread::suspend() {
  Thread& me = *current();
  const KernelState mine = KernelState::capture();
  {
    v8::Unlocker unlocked(isolate_);
    me.state = State::suspended;
    me.below = switch_stacks(&me.sp, me.resumer_sp, me.below);
  }
  settle(me.identity);
  mine.apply();
}

// The outermost frame of a green stack; runs one body after another.
void LoopThread::thread_main(void* argument) {
  Thread& thread = *static_cast<Thread*>(argument);
  thread.below = arrive();
  for (;;) {
    KernelState{}.apply();
    {
      v8::Locker locked(thread.loop.isolate_);
      thread.loop.settle(thread.identity);
      thread.body(thread);
    }
    thread.state = State::finished;
    thread.below = switch_stacks(&thread.sp, thread.resumer_sp, thread.below);
  }
}

// Runs on the resumer's stack, after a finished thread has left its own.
void LoopThread::retire(Thread& thread) {
  live_--;
  end_second_pass_of(thread);
  const bool terminated = thread.terminated;
  thread.state = State::idle;
  thread.idle_since = trims_;
  if (idle_.size() < kPooledThreads) {
    idle_.push_back(&thread);
    thread.stack.rest_below(thread.sp);
  } else {
    discard(thread);
  }
  if (terminated && answered(Hazard::termination)) isolate_->TerminateExecution();
}

void LoopThread::discard(Thread& thread) {
  const int mine = *slots_.thread_id;
  *slots_.thread_id = thread.identity.v8_id;
  isolate_->DiscardThreadSpecificMetadata();
  *slots_.thread_id = mine;
  const uint32_t index = thread.index;
  free_indices_.push_back(index);
  threads_[index].reset();
  discarded_++;
}

bool LoopThread::trim_idle() {
  trims_++;
  bool later = false;
  for (Thread* thread : idle_) {
    if (thread->pages_released) continue;
    if (trims_ - thread->idle_since < 2) {
      later = true;
      continue;
    }
    thread->stack.release_pages_below(thread->sp);
    thread->pages_released = true;
  }
  return later || live_ > 0;
}

bool LoopThread::shrink() {
  if (discarded_ < kShrinkAfterDiscarded || live_ > kPooledThreads) return false;
  std::erase_if(idle_, [this](Thread* thread) {
    const bool beyond = thread->index >= kPooledThreads;
    if (beyond) discard(*thread);
    return beyond;
  });
  while (!threads_.empty() && threads_.back() == nullptr) threads_.pop_back();
  std::erase_if(free_indices_, [this](uint32_t index) { return index >= threads_.size(); });
  std::sort(free_indices_.begin(), free_indices_.end(), std::greater());  // the lowest goes first
  threads_.shrink_to_fit();
  free_indices_.shrink_to_fit();
  spare_states_.release(home_.v8_id);
  discarded_ = 0;
  return true;
}

}  // namespace greenify::green
