#include "green/thread.h"

#include "green/loop_thread.h"

namespace greenify::green {
namespace {

// The loop stack's own count; it is never suspended, so only balance matters there.
thread_local int loop_stack_zones = 0;

// At most one thread is in a second pass: it is not suspended until that is over.
thread_local const Thread* in_second_pass = nullptr;

int& zones_of(Thread* thread) {
  return thread == nullptr ? loop_stack_zones : thread->no_yield;
}

}  // namespace

thread_local constinit Thread* running_thread [[gnu::tls_model("initial-exec")]] = nullptr;

bool may_suspend() {
  const Thread* me = current();
  if (me == nullptr || me->no_yield != 0 || me == in_second_pass) return false;
  const void* sp = __builtin_frame_address(0);
  const ForeignStacks& foreign = me->loop.foreign();
  return foreign.empty() ? me->stack.contains(sp) : foreign.can_leave(me->stack, sp);
}

NoYieldZone::NoYieldZone() : thread_(current()) {
  zones_of(thread_)++;
}
NoYieldZone::~NoYieldZone() {
  zones_of(thread_)--;
}

void enter_no_yield() {
  zones_of(current())++;
}
void leave_no_yield() {
  zones_of(current())--;
}

void begin_second_pass() {
  in_second_pass = current();
}

void end_second_pass() {
  in_second_pass = nullptr;
}

void end_second_pass_of(const Thread& thread) {
  if (in_second_pass == &thread) in_second_pass = nullptr;
}

}  // namespace greenify::green
