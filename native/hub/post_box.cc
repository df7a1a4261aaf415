#include "hub/post_box.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace greenify::hub {
namespace {

std::atomic<PostBox*> first{nullptr};

}  // namespace

PostBox& PostBox::acquire() {
  for (PostBox* box = first.load(); box != nullptr; box = box->next_) {
    if (!box->taken_.exchange(true)) return *box;
  }
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  auto* box = new PostBox(fd);
  box->next_ = first.load();
  while (!first.compare_exchange_weak(box->next_, box)) {
  }
  return *box;
}

void PostBox::release() {
  taken_.store(false);
}

void PostBox::keep(const void* address) {
  for (std::atomic<const void*>& kept : addresses_) {
    const void* there = nullptr;
    if (kept.compare_exchange_strong(there, address) || there == address) return;
  }
}

void PostBox::post(const void* address) {
  keep(address);
  if (filled_.exchange(true)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_fd_, &one, sizeof one);
}

void PostBox::empty_event() {
  uint64_t count;
  [[maybe_unused]] const ssize_t bytes = read(event_fd_, &count, sizeof count);
}

void PostBox::post_to_all(const void* address) {
  const int error = errno;
  for (PostBox* box = first.load(); box != nullptr; box = box->next_) box->post(address);
  errno = error;
}

}  // namespace greenify::hub
