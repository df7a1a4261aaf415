#include "hub/wait.h"

#include <doctest/doctest.h>

#include <array>
#include <deque>
#include <random>

using namespace greenify::hub;

TEST_CASE("an empty ready queue gives nothing") {
  ReadyQueue queue;
  CHECK(queue.empty());
  CHECK(queue.pop() == nullptr);
}

TEST_CASE("ready waits come out first come, first served") {
  ReadyQueue queue;
  std::array<Wait, 4> waits;
  for (Wait& wait : waits) queue.push(wait);
  CHECK_FALSE(queue.empty());
  for (Wait& wait : waits) CHECK(queue.pop() == &wait);
  CHECK(queue.empty());
  CHECK(queue.pop() == nullptr);
}

// A thread that runs for a moment and is ready again queues behind those who have not had their
// turn.
TEST_CASE("a wait that is pushed again while others are queued goes to the end") {
  ReadyQueue queue;
  Wait first, second;
  queue.push(first);
  queue.push(second);
  CHECK(queue.pop() == &first);
  queue.push(first);
  CHECK(queue.pop() == &second);
  CHECK(queue.pop() == &first);
  CHECK(queue.empty());
}

TEST_CASE("a wait that has come out refers to nobody") {
  ReadyQueue queue;
  Wait first, second;
  queue.push(first);
  queue.push(second);
  CHECK(queue.pop()->next_ready == nullptr);
}

TEST_CASE("random pushes and pops agree with a deque") {
  std::mt19937 random(20);
  ReadyQueue queue;
  std::array<Wait, 64> waits;
  std::deque<Wait*> idle, expected;
  for (Wait& wait : waits) idle.push_back(&wait);
  for (int step = 0; step < 20'000; step++) {
    if (random() % 2 == 0 && !idle.empty()) {
      queue.push(*idle.front());
      expected.push_back(idle.front());
      idle.pop_front();
    } else if (Wait* popped = queue.pop()) {
      REQUIRE(popped == expected.front());
      expected.pop_front();
      idle.push_back(popped);
    }
    REQUIRE(queue.empty() == expected.empty());
  }
}

TEST_CASE("a wait is found by its timer") {
  Wait wait;
  CHECK(Wait::of(&wait.timer) == &wait);
}
