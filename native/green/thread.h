#pragma once

#include <cstdint>

#include "green/foreign_stack.h"
#include "green/stack.h"

namespace greenify::green {

class LoopThread;
struct Thread;

// What V8 takes for a thread: an id, where its stack starts, and how deep JavaScript may go.
struct Identity {
  int v8_id = 0;
  void* stack_start = nullptr;
  uintptr_t js_limit = 0;
};

enum class State : uint8_t {
  idle,       // parked in the pool, V8 holds nothing for it
  running,    // on the loop thread, or below a thread it has started or resumed
  suspended,  // parked; exactly one owner (a wait, a promise reaction) will resume it
  offloaded,  // its continuation runs on an offload thread, V8 unlocked
  finished,   // its body has ended; the resumer puts it back into the pool
};

// A green thread: a stack, the identity V8 knows it by, and who to return to. Pooled: one Thread
// runs many bodies one after another. Every field is written on the loop thread, except `state` and
// the saved stack pointers while the thread is offloaded.
struct Thread {
  using Body = void (*)(Thread&);
  using Handoff = void (*)(Thread&);

  Thread(LoopThread& owner, uint32_t position) : loop(owner), index(position) {}

  Stack stack;
  Identity identity;
  LoopThread& loop;
  const uint32_t index;  // place in the loop thread's table; upper rooms keep their records by it
  State state = State::idle;
  bool terminated = false;  // the body ended by V8's termination, which belongs to the resumer
  bool pages_released = false;
  bool cancelled = false;  // somebody wants its wait to end, and no wait has taken that yet
  uint64_t serial = 0;     // unique among the bodies that this loop thread has run
  int no_yield = 0;        // zones entered on this stack in which nothing may be suspended
  int asked = 0;        // calls in progress that have asked for the executable's calls to be green
  int sent_to = -1;     // the socket it has sent to since it last polled; owner: the green calls
  KeptForeign foreign;  // its calls in libraries with a stack of their own, while it does not run

  Body body = nullptr;
  Thread* resumer = nullptr;  // who started or resumed it; nullptr: the loop stack
  Handoff handoff = nullptr;  // run by the resumer once this stack is left

  void* sp = nullptr;          // where to continue, while not running
  void* resumer_sp = nullptr;  // where the resumer continues
  void* carrier_sp = nullptr;  // where the offload thread continues
  uint64_t idle_since = 0;     // how often there had been a trim_idle() when its body ended
  void* wait = nullptr;        // what it waits for, while it does; owner: the hub

  // Of the stack that it returns to: its resumer's, or that of the offload thread.
  [[no_unique_address]] StackBounds below;
};

// The green thread that runs on this kernel thread, or nullptr: on the loop stack, and on every
// kernel thread that is not a loop thread. One load: initial-exec needs no call into the dynamic
// linker. Owner: LoopThread.
extern thread_local constinit Thread* running_thread [[gnu::tls_model("initial-exec")]];

inline Thread* current() {
  return running_thread;
}

// True when the current green thread may leave the loop thread here: its stack pointer is on its
// own stack (or on that of a library whose calls are kept apart) and it is in no no-yield zone.
// Thread: loop.
bool may_suspend();

// Runs call(argument) on the running context's own stack when some library has switched to its own,
// with JavaScript's limit out of the way: what follows is ours, V8's and Node's. Thread: loop.
void on_own_stack(void (*call)(void*), void* argument);

template <class Call>
void on_own_stack(Call call) {
  on_own_stack([](void* argument) { (*static_cast<Call*>(argument))(); }, &call);
}

// While one lives, nothing on this stack is suspended: blocking calls really block and are counted.
class NoYieldZone {
 public:
  NoYieldZone();
  ~NoYieldZone();
  NoYieldZone(const NoYieldZone&) = delete;
  NoYieldZone& operator=(const NoYieldZone&) = delete;

 private:
  Thread* thread_;
};

// Zones that open and close in different calls. Thread: loop.
void enter_no_yield();
void leave_no_yield();

// The current green thread runs the second pass of weak callbacks: a zone that ends with the pass,
// with the thread, or when another one begins. Thread: loop.
void begin_second_pass();
void end_second_pass();
void end_second_pass_of(const Thread& thread);

// Leaves the loop thread with V8 unlocked, runs call(argument) on the kernel thread that takes this
// stack over by carry(), and comes back to the loop thread when resumed. `handoff` is run by the
// resumer as soon as this stack may be taken over. errno, locale, signal mask and C++ exceptions
// travel along. Thread: loop, in a green thread that may_suspend().
void offload(Thread::Handoff handoff, void (*call)(void*), void* argument);

// Runs an offloaded thread's call on the calling kernel thread; returns when the call has ended and
// the thread waits to be resumed on its loop thread. Thread: any but the loop thread.
void carry(Thread& thread);

}  // namespace greenify::green
