#pragma once

#include <v8.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "green/foreign_stack.h"
#include "green/spare_states.h"
#include "green/thread.h"
#include "green/v8_slots.h"

namespace greenify::green {

// One isolate's loop thread as V8 sees it, and the green threads that run on it. A switch is:
// unlock V8 (it archives the state of the one), change the stack, lock V8 again (it restores the
// other), with V8's slots telling it that the thread changed.
//
// Invariants: V8 is locked whenever code of the loop stack or of a green thread runs; the slots
// name the stack that runs; a thread that leaves returns to whoever started or resumed it. Thread:
// loop, all of it.
class LoopThread {
 public:
  // Throws ProbeError, and then has changed nothing. Must be made on the loop stack.
  explicit LoopThread(v8::Isolate* isolate);
  ~LoopThread();  // suspended threads are abandoned: their stacks stay mapped while the isolate may
                  // look
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  v8::Isolate* isolate() const { return isolate_; }

  // An idle thread from the pool, or a new one. Throws ThreadLimitError.
  Thread& acquire(Thread::Body body);
  // Runs a thread until it leaves or ends; says which (suspended, offloaded or finished). It must
  // be new or suspended, or come back from an offload thread. Once it has finished, the reference
  // is dead.
  State resume(Thread& thread);
  // Leaves the current thread; returns when somebody resumes it.
  void suspend();

  Thread* at(uint32_t index) { return index < threads_.size() ? threads_[index].get() : nullptr; }
  // A counted reference, for an offload thread that may outlive this object.
  std::shared_ptr<Thread> share(Thread& thread) { return threads_[thread.index]; }
  size_t live() const { return live_; }

  // The libraries with a stack of their own.
  ForeignStacks& foreign() { return foreign_; }
  // The loop thread of this kernel thread, or nullptr.
  static LoopThread* here();
  // See green::on_own_stack.
  void call_on_own_stack(void (*call)(void*), void* argument);

  // Lets threads that have been idle since before the last call give their untouched pages back.
  // Returns whether there will be something to trim later.
  bool trim_idle();
  // When many threads have ended since the last time: gives up what grew with their number, here
  // and in V8, and returns true. Indices from table_size() on are not in use afterwards.
  bool shrink();
  size_t table_size() const { return threads_.size(); }

 private:
  friend void offload(Thread::Handoff, void (*)(void*), void*);

  static void thread_main(void* thread);
  StackBounds home_bounds() const;
  const Identity& identity_of(const Thread* thread) const;
  void assume(const Identity& identity);
  void settle(const Identity& identity);
  void run(Thread& thread);
  void retire(Thread& thread);
  void discard(Thread& thread);

  v8::Isolate* const isolate_;
  const Slots slots_;
  Identity home_;  // the loop stack's own
  std::vector<std::shared_ptr<Thread>> threads_;
  std::vector<uint32_t> free_indices_;
  std::vector<Thread*> idle_;
  size_t live_ = 0;
  uint64_t started_ = 0;
  ForeignStacks foreign_;
  SpareStates spare_states_;
  size_t discarded_ = 0;  // since it was shrunk
  uint64_t trims_ = 0;    // calls of trim_idle(): a clock that costs those who end nothing
};

}  // namespace greenify::green
