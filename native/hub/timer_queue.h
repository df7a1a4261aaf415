#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace greenify::hub {

constexpr int64_t kNever = INT64_MAX;

// A place in the timer queue. Owner: the wait it is a member of; it must not move while it is
// queued.
struct Timer {
  static constexpr size_t kNotQueued = SIZE_MAX;
  int64_t deadline = kNever;  // CLOCK_MONOTONIC, ns
  uint64_t order = 0;         // breaks ties: first queued, first due
  size_t position = kNotQueued;
};

// Timers by deadline: a binary heap of pointers. Knows no clock. Thread: loop.
class TimerQueue {
 public:
  void add(Timer& timer, int64_t deadline);
  // Takes a timer out; no effect when it is not queued.
  void remove(Timer& timer);
  // The earliest deadline, or kNever.
  int64_t next_deadline() const { return heap_.empty() ? kNever : heap_.front()->deadline; }
  // Takes out the earliest timer that is due at `now`, or gives nullptr.
  Timer* pop_due(int64_t now);
  size_t size() const { return heap_.size(); }

 private:
  static bool before(const Timer* a, const Timer* b);
  void place(Timer* timer, size_t position);
  void sift_up(size_t position);
  void sift_down(size_t position);

  std::vector<Timer*> heap_;
  uint64_t added_ = 0;
};

}  // namespace greenify::hub
