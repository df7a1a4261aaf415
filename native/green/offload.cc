#include <pthread.h>
#include <signal.h>

#include "green/kernel_state.h"
#include "green/loop_thread.h"
#include "green/sanitizer.h"

namespace greenify::green {
namespace {

// What a green thread takes to an offload thread and back. The signal mask comes along because
// children that the call starts inherit it (system(3), posix_spawn(3)).
struct Luggage {
  KernelState state;
  sigset_t signals;
};

// Never inlined: see KernelState.
[[gnu::noinline]] Luggage pack() {
  Luggage luggage{KernelState::capture(), {}};
  pthread_sigmask(SIG_BLOCK, nullptr, &luggage.signals);
  return luggage;
}

// Runs on the offload thread and leaves it as it was found.
[[gnu::noinline]] KernelState call_with(const Luggage& luggage, void (*call)(void*),
                                        void* argument) {
  const KernelState carrier = KernelState::capture();
  sigset_t carrier_signals;
  luggage.state.apply();
  pthread_sigmask(SIG_SETMASK, &luggage.signals, &carrier_signals);
  call(argument);
  const KernelState after = KernelState::capture();
  pthread_sigmask(SIG_SETMASK, &carrier_signals, nullptr);
  carrier.apply();
  return after;
}

}  // namespace

// Three kernel-thread moves in one frame: nothing here may touch a thread_local, directly or
// inlined. V8's own thread_locals are touched by the Unlocker only, at both ends, on the loop
// thread.
void offload(Thread::Handoff handoff, void (*call)(void*), void* argument) {
  Thread& me = *current();
  LoopThread& loop = me.loop;
  const Luggage luggage = pack();
  KernelState after;
  {
    v8::Unlocker unlocked(loop.isolate_);
    me.state = State::offloaded;
    me.handoff = handoff;
    me.below = switch_stacks(&me.sp, me.resumer_sp, me.below);
    after = call_with(luggage, call, argument);
    me.below = switch_stacks(&me.sp, me.carrier_sp, me.below);
  }
  loop.settle(me.identity);
  after.apply();
}

void carry(Thread& thread) {
  switch_stacks(&thread.carrier_sp, thread.sp, thread.stack.bounds());
}

}  // namespace greenify::green
