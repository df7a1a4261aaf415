#include "hub/inbox.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>
#include <vector>

using namespace greenify::hub;

namespace {

class EventFd {
 public:
  ~EventFd() { ::close(fd); }
  bool readable() const {
    pollfd polled{fd, POLLIN, 0};
    return ::poll(&polled, 1, 0) == 1;
  }
  const int fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

}  // namespace

TEST_CASE("an inbox without letters has nothing to take and signals nobody") {
  const EventFd event;
  Inbox inbox(event.fd);
  CHECK_FALSE(inbox.has_letters());
  CHECK_FALSE(event.readable());
  CHECK(inbox.take().ended.empty());
}

TEST_CASE("letters make the event descriptor readable until they are taken") {
  const EventFd event;
  Inbox inbox(event.fd);
  Wait first, second;
  inbox.post_ended(first);
  inbox.post_closing(5);
  inbox.post_ended(second);
  CHECK(inbox.has_letters());
  CHECK(event.readable());

  const Inbox::Letters letters = inbox.take();
  CHECK(letters.ended == std::vector<Wait*>{&first, &second});
  CHECK(letters.closing == std::vector<int>{5});
  CHECK_FALSE(inbox.has_letters());
  CHECK_FALSE(event.readable());

  inbox.post_closing(6);
  CHECK(event.readable());
  CHECK(inbox.take().closing == std::vector<int>{6});
}

TEST_CASE("a shut inbox drops what arrives and does not signal") {
  const EventFd event;
  Inbox inbox(event.fd);
  Wait wait;
  inbox.shut();
  inbox.post_ended(wait);
  CHECK_FALSE(inbox.has_letters());
  CHECK_FALSE(event.readable());
}

TEST_CASE("nothing is lost between posting kernel threads and a taking one") {
  constexpr int kThreads = 4;
  constexpr int kLetters = 5'000;
  const EventFd event;
  Inbox inbox(event.fd);
  std::vector<std::thread> posters;
  for (int i = 0; i < kThreads; i++) {
    posters.emplace_back([&inbox] {
      for (int letter = 0; letter < kLetters; letter++) inbox.post_closing(letter);
    });
  }
  int64_t taken = 0;
  int64_t sum = 0;
  while (taken < kThreads * kLetters) {
    pollfd polled{event.fd, POLLIN, 0};
    REQUIRE(::poll(&polled, 1, 10'000) == 1);  // each letter not yet taken has been signalled
    for (const int letter : inbox.take().closing) {
      taken++;
      sum += letter;
    }
  }
  for (std::thread& poster : posters) poster.join();
  CHECK(sum == int64_t{kThreads} * kLetters * (kLetters - 1) / 2);
  CHECK_FALSE(inbox.has_letters());
}
