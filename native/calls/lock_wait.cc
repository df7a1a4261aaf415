#include "calls/lock_wait.h"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "node/warning.h"

namespace greenify::calls {
namespace {

struct LockWait {
  const void* lock;
  int64_t deadline;
  Arrival arrival;
  std::string stack;  // JavaScript's, for the report of a deadlock; where a green thread holds it
};

thread_local Owners owners;

// Who waits for a lock, by serial number.
thread_local std::unordered_map<uint64_t, LockWait> lock_waits;

const LockWait* wait_of(uint64_t thread) {
  const auto found = lock_waits.find(thread);
  return found == lock_waits.end() ? nullptr : &found->second;
}

// The thread that closes the circle of waits which begins with waiting for `lock`; kNobody where
// there is none.
uint64_t closes_circle(const void* lock) {
  const uint64_t me = holder();
  uint64_t thread = owner_of(lock);
  for (size_t steps = 0; steps <= lock_waits.size(); steps++) {
    if (thread == me) return me;
    const LockWait* wait = wait_of(thread);
    if (wait == nullptr || wait->deadline != hub::kNever) return Owners::kNobody;
    if (owner_of(wait->lock) == me) return thread;
    thread = owner_of(wait->lock);
  }
  return Owners::kNobody;
}

void report_deadlock(uint64_t other, const std::string& my_stack) {
  const LockWait* wait = wait_of(other);
  node::warn(
      "GREENIFY_DEADLOCK",
      "green threads wait for each other's locks for ever; the last one to wait got EDEADLK.\n"
      "One waits here:\n" +
          my_stack + "\nThe other waits here:\n" + (wait != nullptr ? wait->stack : my_stack));
}

}  // namespace

thread_local constinit size_t held_locks [[gnu::tls_model("initial-exec")]] = 0;
thread_local constinit LockQueue lock_queue;

uint64_t owner_of(const void* lock) {
  return owners.owner_of(lock);
}

void record(const void* lock) {
  if (holder() == Owners::kNobody) return;
  owners.acquired(lock, holder());
  held_locks = owners.size();
}

void record_reader(const void* lock) {
  if (holder() == Owners::kNobody) return;
  owners.acquired(lock, Owners::kReaders);
  held_locks = owners.size();
}

bool unrecord_held(const void* lock) {
  const bool free = owners.released(lock);
  held_locks = owners.size();
  return free;
}

void forget_holder(const void* lock) {
  owners.forget(lock);
  held_locks = owners.size();
}

bool valid_clock(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
}

bool valid_time(const timespec* time) {
  return time != nullptr && time->tv_nsec >= 0 && time->tv_nsec < 1'000'000'000;
}

int64_t deadline_at(clockid_t clock, const timespec* time) {
  if (time == nullptr) return hub::kNever;
  timespec now;
  clock_gettime(clock, &now);
  int64_t left;
  if (__builtin_mul_overflow(time->tv_sec - now.tv_sec, int64_t{1'000'000'000}, &left)) {
    return time->tv_sec > now.tv_sec ? hub::kNever : 0;
  }
  return hub::deadline_in(left + time->tv_nsec - now.tv_nsec);
}

int begin_waiting(const void* lock, int64_t deadline, Arrival arrival) {
  const bool held = owner_of(lock) != Owners::kNobody;
  const std::string stack = held ? node::current_stack() : "";
  const uint64_t other = deadline == hub::kNever ? closes_circle(lock) : Owners::kNobody;
  if (other != Owners::kNobody) {
    report_deadlock(other, stack);
    return EDEADLK;
  }
  lock_waits[holder()] = {lock, deadline, arrival, stack};
  return 0;
}

bool has_earlier_waiter(const void* lock, Arrival arrival) {
  return std::any_of(lock_waits.begin(), lock_waits.end(), [&](const auto& entry) {
    return entry.second.lock == lock && entry.second.arrival < arrival;
  });
}

void waiting_is_over() {
  lock_waits.erase(holder());
}

}  // namespace greenify::calls
