#pragma once

#include <poll.h>
#include <signal.h>
#include <time.h>

#include <array>
#include <cstdint>
#include <optional>

#include "hub/hub.h"

// What poll(2), select(2) and epoll_wait(2) have in common when they wait. Thread: loop, in a green
// thread.
namespace greenify::calls {

constexpr timespec kNoTime{0, 0};

bool valid_timeout(const timespec& timeout);
// The deadline of a relative timeout; nullptr: never.
int64_t deadline_of(const timespec* timeout);
// What is left until a deadline; nothing for kNever.
std::optional<timespec> remaining_until(int64_t deadline);

// The signals that a call's mask lets through and the loop thread otherwise blocks: a descriptor
// tells when one is pending, and the call itself, made without waiting, then delivers it.
class AwaitedSignals {
 public:
  explicit AwaitedSignals(const sigset_t* wanted);
  ~AwaitedSignals();
  AwaitedSignals(const AwaitedSignals&) = delete;
  AwaitedSignals& operator=(const AwaitedSignals&) = delete;
  int fd() const { return fd_; }  // -1 when there are none
  bool has_come() const;          // one of them is pending

 private:
  int fd_ = -1;
};

// Descriptors to wait for together.
class PollSet {
 public:
  // More than this are not worth registering one by one: an offload thread waits for them.
  static constexpr size_t kMost = 64;

  // False when the set is full.
  bool add(int fd, uint32_t events);
  hub::Wake wait(int64_t deadline);
  // After Wake::ready: the events of the descriptor added as number `index` that ended the wait.
  uint32_t fired(size_t index) const { return waiters_[index].fired; }
  // After Wake::closed: whether the descriptor added as number `index` was closed or replaced.
  bool is_closed(size_t index) const { return (waiters_[index].fired & hub::kClosed) != 0; }
  // After Wake::closed: whether one of the descriptors is none at all, and not a newer one.
  bool has_unknown() const;

 private:
  std::array<hub::FdWaiter, kMost + 1> waiters_;  // one more for the awaited signals
  size_t used_ = 0;
};

}  // namespace greenify::calls
