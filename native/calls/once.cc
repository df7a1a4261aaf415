#include <cxxabi.h>
#include <pthread.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>

#include "calls/green_calls.h"
#include "calls/lock_wait.h"

// pthread_once(3), and the guards of static variables (Itanium C++ ABI 3.3.3): an initialiser may
// wait, and whoever comes meanwhile waits for it.
namespace greenify::calls {
namespace {

// nptl/pthread_onceP.h (glibc): the low bits of a once control.
constexpr int kOnceStarted = 1;
constexpr int kOnceDone = 2;

int load(const int* word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

// cxxabi_tweaks.h and guard.cc (libstdc++): the first byte of a guard says done, the second
// pending.
constexpr int kGuardDone = 1;
constexpr int kGuardPending = 1 << 8;

// A record that ends with the call, also when an exception leaves it.
class Running {
 public:
  explicit Running(const void* lock) : lock_(lock) { record(lock); }
  ~Running() {
    unrecord(lock_);
    hub::wake_address(lock_, SIZE_MAX);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  const void* lock_;
};

// std::call_once (libstdc++'s <mutex>) leaves what is to be called in two thread_locals and has
// pthread_once(3) call a function that looks there. While we wait others do the same.
class StdCall {
 public:
  void restore() const {
    std::__once_callable = callable_;
    std::__once_call = call_;
  }

 private:
  void* callable_ = std::__once_callable;
  void (*call_)() = std::__once_call;
};

int try_once(pthread_once_t* control, void (*initialise)(), const StdCall& std_call) {
  const int state = load(control);
  if ((state & kOnceDone) != 0) return 0;
  if (is_anothers(control)) return EBUSY;
  if ((state & kOnceStarted) != 0) return EBUSY;
  const Running running(control);
  std_call.restore();
  return original.pthread_once(control, initialise);
}

// What an attempt to enter a static initialiser comes to, besides EBUSY.
constexpr int kInitialise = 0;
constexpr int kInitialised = -1;

int try_guard(int64_t* guard) {
  const int state = load(reinterpret_cast<const int*>(guard));
  if ((state & kGuardDone) != 0) return kInitialised;
  if (owner_of(guard) != Owners::kNobody || (state & kGuardPending) != 0) return EBUSY;
  if (original.cxa_guard_acquire(guard) == 0) return kInitialised;
  record(guard);
  return kInitialise;
}

// An initialiser that needs itself is undefined behaviour ([stmt.dcl]); libc++abi aborts, and so do
// we: the alternative is to hang.
[[noreturn]] void abort_recursion() {
  std::fputs("greenify: the initialiser of a static variable waits for itself\n", stderr);
  std::abort();
}

void end_guard(int64_t* guard) {
  unrecord(guard);
  hub::wake_address(guard, SIZE_MAX);
}

}  // namespace

int green_pthread_once(pthread_once_t* control, void (*initialise)()) {
  if (plain_lock()) return original.pthread_once(control, initialise);
  const StdCall std_call;
  return take(
      control, hub::kNever, [=] { return try_once(control, initialise, std_call); },
      [=] { return original.pthread_once(control, initialise); });
}

int green_cxa_guard_acquire(int64_t* guard) {
  if (plain_lock()) return original.cxa_guard_acquire(guard);
  const int outcome = take(
      guard, hub::kNever, [guard] { return try_guard(guard); },
      [guard] { return original.cxa_guard_acquire(guard) != 0 ? kInitialise : kInitialised; });
  if (outcome == EDEADLK) abort_recursion();
  return outcome == kInitialised ? 0 : 1;
}

void green_cxa_guard_release(int64_t* guard) {
  original.cxa_guard_release(guard);
  end_guard(guard);
}

void green_cxa_guard_abort(int64_t* guard) {
  original.cxa_guard_abort(guard);
  end_guard(guard);
}

}  // namespace greenify::calls
