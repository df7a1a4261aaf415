#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <vector>

#include "hub/wait.h"

namespace greenify::hub {

// Who waits for which descriptor, and the epoll registrations behind it: one record per descriptor
// number, its waiters in order of arrival. A registration is armed for one event (EPOLLONESHOT)
// with the union of what the waiters ask for, and stays in the epoll set, disarmed, for the next
// wait. Thread: loop.
class FdTable {
 public:
  enum class Watch {
    armed,
    unpollable,  // epoll_ctl(2) EPERM: regular files and directories
    bad_fd,
    refused,  // out of epoll watches or memory
  };

  explicit FdTable(int epoll_fd) : epoll_fd_(epoll_fd) {}

  // Adds a waiter. Unless the result is `armed` it has not been added.
  Watch watch(FdWaiter& waiter);
  // Takes a waiter out; no effect when it is in no list.
  void unwatch(FdWaiter& waiter);
  // The waiters that `event` wakes, in order of arrival, each with what fired; they are taken out,
  // and the descriptor is armed again for those who stay. wake(FdWaiter&) may unwatch others.
  template <class WakeFunction>
  void fire(const epoll_event& event, WakeFunction wake);
  // Gives up the records of the highest descriptors, as far as they are not in use. Not while
  // fire() or evict() runs.
  void shrink();
  // Forgets a descriptor number that is about to mean something else; takes out all its waiters.
  template <class WakeFunction>
  void evict(int fd, WakeFunction wake);

 private:
  struct Record {
    FdWaiter* head = nullptr;
    FdWaiter* tail = nullptr;
    uint32_t generation = 0;  // tells events of this descriptor from those of an earlier one
    bool registered = false;
  };

  static bool is_unused(const Record& record) {
    return record.head == nullptr && !record.registered;
  }
  Record& record(int fd);
  int arm(int fd, Record& record);

  const int epoll_fd_;
  std::vector<Record> records_;
};

template <class WakeFunction>
void FdTable::fire(const epoll_event& event, WakeFunction wake) {
  const int fd = static_cast<int>(event.data.u64 & 0xffffffff);
  Record& fired = record(fd);
  if (fired.generation != event.data.u64 >> 32) return;
  // epoll_ctl(2): EPOLLERR and EPOLLHUP are reported whatever was asked for, and so poll(2) does.
  const uint32_t unasked = event.events & (EPOLLERR | EPOLLHUP);
  for (FdWaiter* waiter = fired.head; waiter != nullptr;) {
    const uint32_t mine = (event.events & waiter->events) | unasked;
    FdWaiter* next = waiter->next;
    if (mine != 0) {
      // A thread that waits twice for one descriptor has both waiters taken out by the first wake.
      while (next != nullptr && next->wait == waiter->wait) next = next->next;
      waiter->fired = mine;
      wake(*waiter);
    }
    waiter = next;
  }
  if (fired.head != nullptr) arm(fd, fired);
}

template <class WakeFunction>
void FdTable::evict(int fd, WakeFunction wake) {
  if (fd < 0 || static_cast<size_t>(fd) >= records_.size()) return;
  Record& evicted = records_[static_cast<size_t>(fd)];
  evicted.generation++;
  while (FdWaiter* waiter = evicted.head) {
    waiter->fired = kClosed;
    wake(*waiter);
  }
  // Taken out by hand: the registration belongs to the open file, which a duplicate may keep alive.
  if (evicted.registered) epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  evicted.registered = false;
}

}  // namespace greenify::hub
