#include "hub/fork.h"

#include <pthread.h>
#include <unistd.h>

#include "green/thread.h"

namespace greenify::hub {
namespace {

constexpr pid_t kNotForking = 0;

void (*forget_waits)() = nullptr;
thread_local pid_t parent = kNotForking;
thread_local green::Thread* forker = nullptr;

void before_fork() {
  parent = getpid();
  forker = green::running_thread;
  green::running_thread = nullptr;
}

void after_fork_in_parent() {
  green::running_thread = forker;
  parent = kNotForking;
}

void after_fork_in_child() {
  forget_waits();
  parent = kNotForking;
}

}  // namespace

void watch_forks(void (*forget)()) {
  forget_waits = forget;
  [[maybe_unused]] static const int once =
      pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

bool is_forked_child() {
  return parent != kNotForking && parent != getpid();
}

}  // namespace greenify::hub
