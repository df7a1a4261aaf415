#include <pthread.h>
#include <semaphore.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include "calls/green_calls.h"
#include "calls/lock_wait.h"

// pthread_cond_wait(3), sem_wait(3) and kin, and the same in libstdc++, which calls libc by itself.
namespace greenify::calls {
namespace {

// Neither in a green thread nor on a loop stack that green threads may have to help: libc's own is
// enough.
bool nobody_green_waits() {
  if (green::current() != nullptr) return false;
  const hub::Hub* hub = hub::Hub::here();
  return hub == nullptr || !hub->has_waiters();
}

// bits/thread-shared-types.h and nptl/pthread_cond_common.c (glibc): bit 1 of __wrefs is the clock.
clockid_t clock_of(const pthread_cond_t* condition) {
  constexpr unsigned kMonotonic = 2;
  return (condition->__data.__wrefs & kMonotonic) != 0 ? CLOCK_MONOTONIC : CLOCK_REALTIME;
}

// Green unlock, wait on the hub, green relock. The wait is registered first: a signal that comes
// after the unlock finds it.
int wait_green(pthread_cond_t* condition, pthread_mutex_t* mutex, int64_t deadline) {
  hub::Hub& hub = *hub::Hub::here();
  hub::Wait wait;
  wait.arrival = ++lock_queue.last;
  hub.watch_address(wait, condition);
  const int unlocked = green_pthread_mutex_unlock(mutex);
  if (unlocked != 0) {
    hub.forget(wait);
    return unlocked;
  }
  // pthread_cond_wait(3) may return without a reason, and must be called in a loop for it.
  const int64_t look_again = hub::deadline_in(kLookAgain);
  const hub::Wake wake = hub.pause(wait, look_again < deadline ? look_again : deadline);
  if (wake == hub::Wake::cancelled) keep_cancellation();
  const int locked = green_pthread_mutex_lock(mutex);
  if (locked != 0) return locked;
  return wake == hub::Wake::timeout && hub::now() >= deadline ? ETIMEDOUT : 0;
}

// Where nothing may be suspended and a green thread may have to signal: lets them go on for a while
// and returns, without a reason where there is none.
int wait_driving(pthread_mutex_t* mutex, int64_t deadline) {
  const int unlocked = green_pthread_mutex_unlock(mutex);
  if (unlocked != 0) return unlocked;
  hub::Hub::here()->drive(std::min(deadline, hub::deadline_in(kLongestRetry)));
  const int locked = green_pthread_mutex_lock(mutex);
  if (locked != 0) return locked;
  return hub::now() >= deadline ? ETIMEDOUT : 0;
}

template <class Really>
int wait_condition(pthread_cond_t* condition, pthread_mutex_t* mutex, int64_t deadline,
                   Really really) {
  if (green::may_suspend()) return wait_green(condition, mutex, deadline);
  if (green::current() != nullptr) count_pin();
  return hub::Hub::here()->has_waiters() ? wait_driving(mutex, deadline) : really();
}

// EBUSY while it is zero, else 0 or an errno.
int try_semaphore(sem_t* semaphore) {
  const int before = errno;
  if (original.sem_trywait(semaphore) == 0) return 0;
  const int error = errno;
  errno = before;
  return error == EAGAIN ? EBUSY : error;
}

// Of posts that come together one waiter is told, and tells the next where something is left.
bool is_left(sem_t* semaphore) {
  int value = 0;
  return sem_getvalue(semaphore, &value) == 0 && value > 0;
}

// The semaphore functions report through errno.
int as_result(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

// internaltypes.h (glibc), struct new_sem: the value's word, then what futex(2) flags it with: not
// 0 when other processes may post it (sem_init(3) with pshared, sem_open(3)).
bool is_shared(const sem_t* semaphore) {
  uint32_t flags = 0;
  std::memcpy(&flags, reinterpret_cast<const char*>(semaphore) + sizeof(uint64_t), sizeof flags);
  return flags != 0;
}

template <class Really>
int wait_semaphore(sem_t* semaphore, int64_t deadline, Really really) {
  const auto attempt = [semaphore] { return try_semaphore(semaphore); };
  const int result = attempt();
  if (result != EBUSY) return as_result(result);
  // Nobody tells us when another process posts it. A semaphore has no owner: anybody may wait.
  if (green::may_suspend() && is_shared(semaphore)) return offloaded(really);
  if (green::may_suspend()) {
    const int waited = wait_for_lock(semaphore, deadline, attempt);
    if (waited == 0 && is_left(semaphore)) hub::wake_address(semaphore, 1);
    return as_result(waited);
  }
  if (green::current() != nullptr) count_pin();
  const int driven = drive_while_busy(deadline, attempt);
  return driven == EBUSY ? really() : as_result(driven);
}

}  // namespace

int green_pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  const auto really = [=] { return original.pthread_cond_wait(condition, mutex); };
  if (nobody_green_waits()) return really();
  return wait_condition(condition, mutex, hub::kNever, really);
}

int green_pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                 const timespec* time) {
  const auto really = [=] { return original.pthread_cond_timedwait(condition, mutex, time); };
  return timed(nobody_green_waits(), clock_of(condition), time, really, [=](int64_t deadline) {
    return wait_condition(condition, mutex, deadline, really);
  });
}

int green_pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                                 const timespec* time) {
  const auto really = [=] {
    return original.pthread_cond_clockwait(condition, mutex, clock, time);
  };
  return timed(nobody_green_waits(), clock, time, really, [=](int64_t deadline) {
    return wait_condition(condition, mutex, deadline, really);
  });
}

// Green threads and kernel threads may wait for the same condition: one of each is woken, since a
// wake-up too many is allowed and one too few is not.
int green_pthread_cond_signal(pthread_cond_t* condition) {
  hub::wake_address(condition, 1);
  return original.pthread_cond_signal(condition);
}

int green_pthread_cond_broadcast(pthread_cond_t* condition) {
  hub::wake_address(condition, SIZE_MAX);
  return original.pthread_cond_broadcast(condition);
}

int green_sem_wait(sem_t* semaphore) {
  const auto really = [semaphore] { return original.sem_wait(semaphore); };
  if (nobody_green_waits()) return really();
  return wait_semaphore(semaphore, hub::kNever, really);
}

int green_sem_clockwait(sem_t* semaphore, clockid_t clock, const timespec* time) {
  const auto really = [=] { return original.sem_clockwait(semaphore, clock, time); };
  return timed(nobody_green_waits(), clock, time, really,
               [=](int64_t deadline) { return wait_semaphore(semaphore, deadline, really); });
}

int green_sem_timedwait(sem_t* semaphore, const timespec* time) {
  const auto really = [=] { return original.sem_timedwait(semaphore, time); };
  return timed(nobody_green_waits(), CLOCK_REALTIME, time, really,
               [=](int64_t deadline) { return wait_semaphore(semaphore, deadline, really); });
}

// sem_post(3) may be called in a signal handler (signal-safety(7)).
int green_sem_post(sem_t* semaphore) {
  const int result = original.sem_post(semaphore);
  if (result == 0) hub::post_address(semaphore);
  return result;
}

// libstdc++: std::condition_variable is a pthread_cond_t, std::mutex a pthread_mutex_t, std::thread
// a pthread_t. Its timed waits are inline and call libc from the addon itself.
void green_std_condition_wait(std::condition_variable* condition,
                              std::unique_lock<std::mutex>& lock) {
  if (nobody_green_waits()) return original.std_condition_wait(condition, lock);
  green_pthread_cond_wait(condition->native_handle(), lock.mutex()->native_handle());
}

void green_std_condition_notify_one(std::condition_variable* condition) {
  green_pthread_cond_signal(condition->native_handle());
}

void green_std_condition_notify_all(std::condition_variable* condition) {
  green_pthread_cond_broadcast(condition->native_handle());
}

// It forgets the thread when it has ended, which only itself can do. What it throws must not leave
// the offload thread: it is thrown again here.
void green_std_thread_join(std::thread* thread) {
  const std::exception_ptr failure = offloaded_if_green([thread]() -> std::exception_ptr {
    try {
      original.std_thread_join(thread);
    } catch (...) {
      return std::current_exception();
    }
    return nullptr;
  });
  if (failure != nullptr) std::rethrow_exception(failure);
}

}  // namespace greenify::calls
