#include "hub/post_box.h"

#include <doctest/doctest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

using namespace greenify::hub;

namespace {

bool readable(const PostBox& box) {
  pollfd polled{box.event_fd(), POLLIN, 0};
  return ::poll(&polled, 1, 0) == 1;
}

std::vector<const void*> taken_from(PostBox& box) {
  std::vector<const void*> addresses;
  box.take([&](const void* address) { addresses.push_back(address); });
  return addresses;
}

// A box as long as it lives.
class Taken {
 public:
  ~Taken() { box.release(); }
  PostBox& box = PostBox::acquire();
};

}  // namespace

TEST_CASE("what is posted is in every box, once, and makes it readable until it is taken") {
  Taken first, second;
  const int semaphores[2] = {};
  for (int i = 0; i < 3; i++) PostBox::post_to_all(&semaphores[0]);
  PostBox::post_to_all(&semaphores[1]);
  for (PostBox* box : {&first.box, &second.box}) {
    CHECK(box->has_posts());
    CHECK(readable(*box));
    CHECK(taken_from(*box) == std::vector<const void*>{&semaphores[0], &semaphores[1]});
    CHECK_FALSE(box->has_posts());
    CHECK_FALSE(readable(*box));
  }
}

TEST_CASE("a box that is released is the next one's") {
  PostBox& released = PostBox::acquire();
  released.release();
  const Taken next;
  CHECK(&next.box == &released);
}

TEST_CASE("what finds no room is dropped, and the box goes on") {
  Taken taken;
  const std::array<int, 100> semaphores{};
  for (const int& semaphore : semaphores) PostBox::post_to_all(&semaphore);
  CHECK(taken_from(taken.box).size() < semaphores.size());
  PostBox::post_to_all(&semaphores[99]);
  CHECK(taken_from(taken.box) == std::vector<const void*>{&semaphores[99]});
}

TEST_CASE("nothing is lost between kernel threads that post and the one that takes") {
  Taken taken;
  constexpr int kRounds = 20'000;
  std::array<std::atomic<int>, 3> posted{};
  std::array<int, 3> seen{};
  std::vector<std::thread> posters;
  for (std::atomic<int>& count : posted) {
    posters.emplace_back([&count] {
      for (int i = 0; i < kRounds; i++) {
        count++;
        PostBox::post_to_all(&count);
      }
    });
  }
  const auto all_seen = [&] {
    return std::all_of(seen.begin(), seen.end(), [](int count) { return count == kRounds; });
  };
  while (!all_seen()) {
    taken.box.take([&](const void* address) {
      const auto* count = static_cast<const std::atomic<int>*>(address);
      seen[static_cast<size_t>(count - posted.data())] = count->load();
    });
  }
  for (std::thread& poster : posters) poster.join();
}
