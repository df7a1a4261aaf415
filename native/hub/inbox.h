#pragma once

#include <atomic>
#include <mutex>
#include <vector>

#include "hub/wait.h"

namespace greenify::hub {

// What other kernel threads tell a hub: that an offloaded call has ended, that a descriptor is
// about to be closed, that a lock is free. A mutex and an eventfd: nothing here is on a fast path.
// Once shut, what arrives is dropped.
class Inbox {
 public:
  struct AddressWake {
    const void* address;
    size_t most;
  };
  struct Letters {
    std::vector<Wait*> ended;
    std::vector<int> closing;
    std::vector<AddressWake> wakes;
  };

  explicit Inbox(int event_fd) : event_fd_(event_fd) {}

  // Thread: any.
  void post_ended(Wait& wait);
  void post_closing(int fd);
  void post_wake(AddressWake wake);

  // Thread: loop. One load when there is nothing.
  bool has_letters() const { return filled_.load(std::memory_order_acquire); }
  Letters take();
  void shut();

 private:
  template <class Add>
  void post(Add add);

  const int event_fd_;
  std::atomic<bool> filled_{false};
  std::mutex mutex_;
  Letters letters_;
  bool shut_ = false;
};

}  // namespace greenify::hub
