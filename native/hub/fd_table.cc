#include "hub/fd_table.h"

#include <cerrno>

namespace greenify::hub {

FdTable::Record& FdTable::record(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (index >= records_.size()) records_.resize(index + index / 2 + 16);
  return records_[index];
}

// 0, or the errno of epoll_ctl(2). MOD first: it succeeds in all but the first wait for a
// descriptor.
int FdTable::arm(int fd, Record& record) {
  epoll_event event{};
  event.events = EPOLLONESHOT;
  for (FdWaiter* waiter = record.head; waiter != nullptr; waiter = waiter->next) {
    event.events |= waiter->events;
  }
  event.data.u64 = static_cast<uint64_t>(record.generation) << 32 | static_cast<uint32_t>(fd);
  int result = epoll_ctl(epoll_fd_, EPOLL_CTL_MOD, fd, &event);
  if (result != 0 && errno == ENOENT) result = epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event);
  if (result != 0) return errno;
  record.registered = true;
  return 0;
}

FdTable::Watch FdTable::watch(FdWaiter& waiter) {
  if (waiter.fd < 0) return Watch::bad_fd;
  Record& watched = record(waiter.fd);
  waiter.previous = watched.tail;
  waiter.next = nullptr;
  (watched.tail == nullptr ? watched.head : watched.tail->next) = &waiter;
  watched.tail = &waiter;
  const int error = arm(waiter.fd, watched);
  if (error == 0) return Watch::armed;
  unwatch(waiter);
  if (error == EPERM) return Watch::always_ready;
  return error == EBADF ? Watch::bad_fd : Watch::refused;
}

void FdTable::unwatch(FdWaiter& waiter) {
  if (waiter.fd < 0) return;
  Record& watched = record(waiter.fd);
  if (waiter.previous == nullptr && watched.head != &waiter) return;
  (waiter.previous == nullptr ? watched.head : waiter.previous->next) = waiter.next;
  (waiter.next == nullptr ? watched.tail : waiter.next->previous) = waiter.previous;
  waiter.previous = waiter.next = nullptr;
}

}  // namespace greenify::hub
