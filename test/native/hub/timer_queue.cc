#include "hub/timer_queue.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <random>
#include <utility>
#include <vector>

using namespace greenify::hub;

TEST_CASE("an empty timer queue has no deadline and nothing due") {
  TimerQueue queue;
  CHECK(queue.next_deadline() == kNever);
  CHECK(queue.pop_due(kNever - 1) == nullptr);
  CHECK(queue.size() == 0);
}

TEST_CASE("timers come out by deadline, whatever order they were added in") {
  TimerQueue queue;
  std::array<Timer, 5> timers;
  const std::array<int64_t, 5> deadlines{30, 10, 50, 20, 40};
  for (size_t i = 0; i < timers.size(); i++) queue.add(timers[i], deadlines[i]);
  CHECK(queue.next_deadline() == 10);
  for (const int64_t expected : {10, 20, 30, 40, 50}) {
    const Timer* due = queue.pop_due(100);
    REQUIRE(due != nullptr);
    CHECK(due->deadline == expected);
  }
  CHECK(queue.pop_due(100) == nullptr);
}

TEST_CASE("timers of one deadline come out in the order in which they were added") {
  TimerQueue queue;
  std::vector<Timer> timers(100);
  for (Timer& timer : timers) queue.add(timer, 7);
  for (Timer& timer : timers) CHECK(queue.pop_due(7) == &timer);
}

TEST_CASE("no timer comes out before its deadline") {
  TimerQueue queue;
  Timer timer;
  queue.add(timer, 100);
  CHECK(queue.pop_due(99) == nullptr);
  CHECK(queue.size() == 1);
  CHECK(queue.pop_due(100) == &timer);
}

TEST_CASE("a timer without a deadline is never due before the end of time") {
  TimerQueue queue;
  Timer timer;
  queue.add(timer, kNever);
  CHECK(queue.next_deadline() == kNever);
  CHECK(queue.pop_due(kNever - 1) == nullptr);
}

TEST_CASE("a removed timer does not come out, and can be added again") {
  TimerQueue queue;
  Timer first, second;
  queue.add(first, 1);
  queue.add(second, 2);
  queue.remove(first);
  CHECK(first.position == Timer::kNotQueued);
  CHECK(queue.next_deadline() == 2);
  queue.add(first, 3);
  CHECK(queue.pop_due(5) == &second);
  CHECK(queue.pop_due(5) == &first);
}

TEST_CASE("removing a timer that is not queued does nothing") {
  TimerQueue queue;
  Timer queued, never_queued, done;
  queue.add(done, 1);
  queue.add(queued, 2);
  REQUIRE(queue.pop_due(1) == &done);
  queue.remove(done);
  queue.remove(never_queued);
  CHECK(queue.size() == 1);
  CHECK(queue.pop_due(2) == &queued);
}

// The reference is a sorted map of (deadline, order of arrival).
TEST_CASE("random additions and removals agree with a sorted map") {
  std::mt19937 random(20);
  TimerQueue queue;
  std::vector<Timer> timers(500);
  std::map<std::pair<int64_t, uint64_t>, Timer*> expected;
  uint64_t added = 0;
  std::vector<std::pair<int64_t, uint64_t>> key_of(timers.size());

  for (int step = 0; step < 50'000; step++) {
    const size_t chosen = random() % timers.size();
    Timer& timer = timers[chosen];
    if (timer.position != Timer::kNotQueued) {
      queue.remove(timer);
      expected.erase(key_of[chosen]);
    } else if (random() % 4 == 0 && !expected.empty()) {
      const auto first = expected.begin();
      REQUIRE(queue.pop_due(first->first.first) == first->second);
      expected.erase(first);
    } else {
      const auto deadline = static_cast<int64_t>(random() % 64);
      queue.add(timer, deadline);
      key_of[chosen] = {deadline, added++};
      expected[key_of[chosen]] = &timer;
    }
    REQUIRE(queue.size() == expected.size());
    REQUIRE(queue.next_deadline() == (expected.empty() ? kNever : expected.begin()->first.first));
  }
  for (const auto& [key, timer] : expected) REQUIRE(queue.pop_due(64) == timer);
}
