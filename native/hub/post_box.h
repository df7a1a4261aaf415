#pragma once

#include <array>
#include <atomic>

namespace greenify::hub {

// Where sem_post(3) leaves word for a hub: the one waker that signal handlers may call
// (signal-safety(7)), so nothing here locks or allocates, and no box, nor its descriptor, is ever
// given back: a handler may be about to write to it. The next hub takes over a box that is free.
// What finds no room is dropped: whoever waits for a semaphore also looks again by itself, soon.
class PostBox {
 public:
  // A box, as long as it is not released. Throws std::system_error when the system has no
  // descriptors left.
  static PostBox& acquire();
  void release();

  // Readable once something has been posted.
  int event_fd() const { return event_fd_; }

  // Into every box. Thread: any, in signal handlers too.
  static void post_to_all(const void* address);

  // Thread: loop. One load when there is nothing.
  bool has_posts() const { return filled_.load(std::memory_order_acquire); }
  // Calls found(address) once for each address that has been posted, however often.
  template <class Found>
  void take(Found found);

 private:
  static constexpr size_t kKept = 16;

  explicit PostBox(int event_fd) : event_fd_(event_fd) {}
  void post(const void* address);
  void empty_event();
  void keep(const void* address);

  const int event_fd_;
  std::atomic<bool> taken_{true};
  std::atomic<bool> filled_{false};
  std::array<std::atomic<const void*>, kKept> addresses_{};
  PostBox* next_ = nullptr;  // constant once the box is in the list
};

template <class Found>
void PostBox::take(Found found) {
  empty_event();
  filled_.store(false);  // what is posted from here on fills the box anew
  for (std::atomic<const void*>& kept : addresses_) {
    if (const void* address = kept.exchange(nullptr)) found(address);
  }
}

}  // namespace greenify::hub
