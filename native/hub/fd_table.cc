#include "hub/fd_table.h"

#include <cerrno>

namespace greenify::hub {

FdTable::Record& FdTable::record(int fd) {
  const auto index = static_cast<size_t>(fd);
  if (index >= records_.size()) records_.resize(index + index / 2 + 16);
  return records_[index];
}

// 0, or the errno of epoll_ctl(2). What the record says may be out of date: the descriptor may have
// been closed, or registered by its number's earlier life, without our knowing.
int FdTable::arm(int fd, Record& record) {
  epoll_event event{};
  event.events = EPOLLONESHOT;
  for (FdWaiter* waiter = record.head; waiter != nullptr; waiter = waiter->next) {
    event.events |= waiter->events;
  }
  event.data.u64 = static_cast<uint64_t>(record.generation) << 32 | static_cast<uint32_t>(fd);
  const int likely = record.registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  const int other = record.registered ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  int result = epoll_ctl(epoll_fd_, likely, fd, &event);
  if (result != 0 && (errno == ENOENT || errno == EEXIST)) {
    result = epoll_ctl(epoll_fd_, other, fd, &event);
  }
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
  if (error == EPERM) return Watch::unpollable;
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

void FdTable::shrink() {
  while (!records_.empty() && is_unused(records_.back())) records_.pop_back();
  records_.shrink_to_fit();
}

}  // namespace greenify::hub
