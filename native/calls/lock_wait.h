#pragma once

#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "calls/blocking.h"
#include "calls/owners.h"

// What the locks have in common. A lock is only ever taken on the loop thread: one taken on an
// offload thread would belong to that kernel thread. A green thread that has to wait for one waits
// on the hub, by the lock's address, and tries again when whoever held it lets go. Thread: loop.
namespace greenify::calls {

// How many locks the green threads of this kernel thread hold. What a call on the loop stack, or on
// another kernel thread (always 0 there), reads first.
extern thread_local constinit size_t held_locks [[gnu::tls_model("initial-exec")]];

// Neither in a green thread nor on a loop stack whose green threads hold locks: libc's own is
// enough.
inline bool plain_lock() {
  return green::current() == nullptr && held_locks == 0;
}

// The running green thread as a holder; Owners::kNobody on the loop stack.
inline uint64_t holder() {
  const green::Thread* thread = green::current();
  return thread == nullptr ? Owners::kNobody : thread->serial;
}

uint64_t owner_of(const void* lock);
inline bool is_mine(const void* lock) {
  return holder() != Owners::kNobody && owner_of(lock) == holder();
}
inline bool is_anothers(const void* lock) {
  const uint64_t owner = owner_of(lock);
  return owner != Owners::kNobody && owner != holder();
}

// When somebody began to wait for a lock: a number that only grows.
using Arrival = uint64_t;
constexpr Arrival kNotWaiting = UINT64_MAX;

// What the lock waits of a loop thread have in common.
struct LockQueue {
  Arrival last = 0;
  // The lock that the loop stack waits for while it runs green threads. Whoever comes later goes
  // later: threads that take it again and again would keep the loop standing.
  const void* wanted = nullptr;
  Arrival wanted_since = kNotWaiting;
  Arrival trying_since = kNotWaiting;  // of the thread that tries to take a lock right now
};
extern thread_local constinit LockQueue lock_queue;

// Whether the running thread must not take the lock, though libc might let it.
inline bool must_wait(const void* lock) {
  if (is_anothers(lock)) return true;
  return lock == lock_queue.wanted && lock_queue.trying_since > lock_queue.wanted_since &&
         green::current() != nullptr && !is_mine(lock);
}

// Records an acquisition by the running green thread; none on the loop stack.
void record(const void* lock);
void record_reader(const void* lock);
// Records a release by the running green thread, or for the one that holds it. True when the lock
// may be free now.
bool unrecord_held(const void* lock);
inline bool unrecord(const void* lock) {
  return held_locks == 0 || holder() == Owners::kNobody || unrecord_held(lock);
}
// The lock is free, whatever is recorded: somebody else has released it for its holder, or where it
// was is another lock now.
void forget_holder(const void* lock);

// The hub's deadline for an absolute time of a clock; kNever for nullptr.
int64_t deadline_at(clockid_t clock, const timespec* time);
// Whether a timed call takes them, rather than failing with EINVAL.
bool valid_clock(clockid_t clock);
bool valid_time(const timespec* time);

// A timed call: the real one where `direct`, or where it is to fail with EINVAL, else
// wait(deadline).
template <class Really, class Wait>
int timed(bool direct, clockid_t clock, const timespec* time, Really really, Wait wait) {
  if (direct || !valid_clock(clock) || !valid_time(time)) return really();
  return wait(deadline_at(clock, time));
}

// Each time before the running thread is suspended for `lock`: EDEADLK, and a warning with both
// stacks, when a holder waits, directly or not, for what the running thread holds, and none of them
// ever gives up. Else 0, and the thread counts as waiting until waiting_is_over().
int keep_waiting(const void* lock, int64_t deadline, Arrival arrival);
void waiting_is_over();
// Whether a green thread waits for `lock` that has come before `arrival`.
bool has_earlier_waiter(const void* lock, Arrival arrival);

// While the running thread waits: the first retry for a lock that no green thread holds, and the
// longest.
constexpr int64_t kFirstRetry = 50'000;
constexpr int64_t kLongestRetry = 5'000'000;
// And for what a green thread is to bring about, which wakes us: it may do so in code that is not
// redirected.
constexpr int64_t kLookAgain = 100'000'000;

// No lock call can say that its thread was cancelled: the next wait that can will.
inline void keep_cancellation() {
  green::current()->cancelled = true;
}

// Repeats attempt(), which never blocks and says EBUSY while the lock is taken, until it says
// something else, and gives that; ETIMEDOUT after the deadline. A holder wakes us when it lets go
// in code that is redirected; we also look again by ourselves, often where it is no green thread.
//
// attempt() may be an initialiser that throws, or waits itself.
template <class Attempt>
int wait_for_lock(const void* lock, int64_t deadline, Attempt attempt) {
  hub::Hub& hub = *hub::Hub::here();
  const Arrival arrival = ++lock_queue.last;
  for (int64_t retry = kFirstRetry;;
       retry = retry * 2 < kLongestRetry ? retry * 2 : kLongestRetry) {
    if (const int deadlock = keep_waiting(lock, deadline, arrival)) return deadlock;
    hub::Wait wait;
    wait.arrival = arrival;
    hub.watch_address(wait, lock);
    lock_queue.trying_since = arrival;
    int result = EBUSY;
    try {
      result = attempt();  // it may have been let go before it was watched
    } catch (...) {
      lock_queue.trying_since = kNotWaiting;
      hub.forget(wait);
      waiting_is_over();
      throw;
    }
    lock_queue.trying_since = kNotWaiting;
    if (result != EBUSY || hub::now() >= deadline) {
      hub.forget(wait);
      waiting_is_over();
      return result == EBUSY ? ETIMEDOUT : result;
    }
    const int64_t look_again =
        hub::deadline_in(owner_of(lock) == Owners::kNobody ? retry : kLookAgain);
    const hub::Wake wake = hub.pause(wait, look_again < deadline ? look_again : deadline);
    if (wake == hub::Wake::cancelled) keep_cancellation();
  }
}

// Runs green threads on this stack until attempt() no longer says EBUSY, or the deadline has
// passed. EBUSY: whoever holds the lock is none of them.
template <class Attempt>
int drive_for_lock(const void* lock, int64_t deadline, Attempt attempt) {
  const LockQueue outer = lock_queue;
  const Arrival arrival = ++lock_queue.last;
  if (green::current() == nullptr) {
    lock_queue.wanted = lock;
    lock_queue.wanted_since = arrival;
  }
  int result = EBUSY;
  while (result == EBUSY && (is_anothers(lock) || has_earlier_waiter(lock, arrival))) {
    if (hub::now() >= deadline) {
      result = ETIMEDOUT;
    } else {
      hub::Hub::here()->drive(deadline);
    }
  }
  lock_queue.wanted = outer.wanted;
  lock_queue.wanted_since = outer.wanted_since;
  return result == EBUSY ? attempt() : result;
}

// For what nobody owns (semaphores, spin locks), where nothing may be suspended: as long as green
// threads wait, one of them may have to bring it about. EBUSY: none does.
template <class Attempt>
int drive_while_busy(int64_t deadline, Attempt attempt) {
  hub::Hub* hub = hub::Hub::here();
  int result = EBUSY;
  while (result == EBUSY && hub != nullptr && hub->has_waiters()) {
    if (hub::now() >= deadline) return ETIMEDOUT;
    hub->drive(std::min(deadline, hub::deadline_in(kLongestRetry)));
    result = attempt();
  }
  return result;
}

// Takes a lock: attempt() as above, really() is the blocking call. Where nothing may be suspended
// (the loop stack, a no-yield zone), the green thread that holds the lock is run here until it lets
// go: nobody else could ever bring that about.
template <class Attempt, class Really>
int take(const void* lock, int64_t deadline, Attempt attempt, Really really) {
  const int result = attempt();
  if (result != EBUSY) return result;
  if (green::may_suspend()) return wait_for_lock(lock, deadline, attempt);
  if (green::current() != nullptr) count_pin();
  const int after = drive_for_lock(lock, deadline, attempt);
  return after == EBUSY ? really() : after;
}

}  // namespace greenify::calls
