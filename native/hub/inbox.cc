#include "hub/inbox.h"

#include <unistd.h>

#include <cstdint>
#include <utility>

namespace greenify::hub {

// The event descriptor is written under the lock, so that shut() can rely on nobody writing it
// later.
template <class Add>
void Inbox::post(Add add) {
  const std::lock_guard lock(mutex_);
  if (shut_) return;
  add(letters_);
  if (filled_.exchange(true, std::memory_order_release)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof one);
}

void Inbox::post_ended(Wait& wait) {
  post([&wait](Letters& letters) { letters.ended.push_back(&wait); });
}

void Inbox::post_closing(int fd) {
  post([fd](Letters& letters) { letters.closing.push_back(fd); });
}

void Inbox::post_wake(AddressWake wake) {
  post([wake](Letters& letters) { letters.wakes.push_back(wake); });
}

Inbox::Letters Inbox::take() {
  const std::lock_guard lock(mutex_);
  uint64_t count;
  [[maybe_unused]] const ssize_t bytes = read(event_fd_, &count, sizeof count);
  filled_.store(false, std::memory_order_release);
  return std::exchange(letters_, {});
}

void Inbox::shut() {
  const std::lock_guard lock(mutex_);
  shut_ = true;
}

}  // namespace greenify::hub
