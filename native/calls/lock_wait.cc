#include "calls/lock_wait.h"

#include <pthread.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/warning.h"

namespace greenify::calls {
namespace {

struct LockWait {
  const void* lock = nullptr;
  int64_t deadline = hub::kNever;
  Arrival arrival = kNotWaiting;
  std::string stack;  // JavaScript's, for the report of a deadlock; where a green thread holds it
};

thread_local Owners owners;

// The threads behind Owners::kReaders, once for each time they have the lock.
thread_local std::unordered_multimap<const void*, uint64_t> readers;

// Who waits for a lock, by serial number.
thread_local std::unordered_map<uint64_t, LockWait> lock_waits;

const LockWait* wait_of(uint64_t thread) {
  const auto found = lock_waits.find(thread);
  return found == lock_waits.end() ? nullptr : &found->second;
}

// Nobody, where more readers have been recorded than there are: some have let go in code that is
// not redirected, and there is no telling who. nptl/pthread_rwlock_common.c (glibc): the readers
// are counted from bit 3 of __readers on.
std::vector<uint64_t> readers_of(const void* lock) {
  const auto* rwlock = static_cast<const pthread_rwlock_t*>(lock);
  const size_t present = __atomic_load_n(&rwlock->__data.__readers, __ATOMIC_ACQUIRE) >> 3;
  if (readers.count(lock) > present) return {};
  std::vector<uint64_t> threads;
  const auto [first, last] = readers.equal_range(lock);
  for (auto reader = first; reader != last; ++reader) threads.push_back(reader->second);
  return threads;
}

std::vector<uint64_t> holders_of(const void* lock) {
  const uint64_t owner = owner_of(lock);
  if (owner == Owners::kReaders) return readers_of(lock);
  return owner == Owners::kNobody ? std::vector<uint64_t>{} : std::vector<uint64_t>{owner};
}

// The thread that closes the circle of waits which begins with waiting for `lock`: it waits for
// what the running thread holds, or is that thread itself. kNobody where there is none.
uint64_t closes_circle(const void* lock) {
  struct Step {
    const void* lock;
    uint64_t waiter;
  };
  const uint64_t me = holder();
  std::vector<Step> steps{{lock, me}};
  for (size_t i = 0; i < steps.size(); i++) {
    for (const uint64_t thread : holders_of(steps[i].lock)) {
      if (thread == me) return steps[i].waiter;
      const LockWait* wait = wait_of(thread);
      if (wait == nullptr || wait->deadline != hub::kNever) continue;
      const bool seen = std::any_of(steps.begin(), steps.end(),
                                    [&](const Step& step) { return step.lock == wait->lock; });
      if (!seen) steps.push_back({wait->lock, thread});
    }
  }
  return Owners::kNobody;
}

void report_deadlock(const LockWait& mine, const LockWait& other) {
  node::warn(
      "GREENIFY_DEADLOCK",
      "green threads wait for each other's locks for ever; the last one to wait got EDEADLK.\n"
      "One waits here:\n" +
          mine.stack + "\nThe other waits here:\n" + other.stack);
}

// One that the running thread has taken, or any where another lets go for it.
void forget_reader(const void* lock) {
  const auto [first, last] = readers.equal_range(lock);
  const auto mine =
      std::find_if(first, last, [](const auto& reader) { return reader.second == holder(); });
  if (first != last) readers.erase(mine == last ? first : mine);
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
  readers.emplace(lock, holder());
  held_locks = owners.size();
}

bool unrecord_held(const void* lock) {
  if (owner_of(lock) == Owners::kReaders) forget_reader(lock);
  const bool free = owners.released(lock);
  held_locks = owners.size();
  return free;
}

void forget_holder(const void* lock) {
  if (owner_of(lock) == Owners::kReaders) readers.erase(lock);
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

int keep_waiting(const void* lock, int64_t deadline, Arrival arrival) {
  LockWait& mine = lock_waits[holder()];
  if (mine.lock != lock) mine = {lock, deadline, arrival, ""};
  if (owner_of(lock) == Owners::kNobody) return 0;
  if (mine.stack.empty()) mine.stack = node::current_stack();
  const uint64_t other = deadline == hub::kNever ? closes_circle(lock) : Owners::kNobody;
  if (other == Owners::kNobody) return 0;
  report_deadlock(mine, *wait_of(other));
  waiting_is_over();
  return EDEADLK;
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
