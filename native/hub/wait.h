#pragma once

#include <cstdint>
#include <span>

#include "green/thread.h"
#include "hub/timer_queue.h"

namespace greenify::hub {

struct Wait;

// Why a waiting green thread goes on.
enum class Wake : uint8_t {
  none,       // still waiting
  ready,      // a descriptor it waits for is ready, or whatever it waits for has happened
  timeout,    // its deadline has passed
  closed,     // a descriptor it waits for was closed, or replaced by dup2
  cancelled,  // GreenThread#cancel
};

// In FdWaiter::fired: the descriptor was closed or replaced. No bit of epoll_ctl(2).
constexpr uint32_t kClosed = 1u << 27;

// One descriptor of a wait, in the list of those who wait for that descriptor.
struct FdWaiter {
  int fd = -1;
  uint32_t events = 0;  // EPOLL* bits asked for
  uint32_t fired = 0;   // EPOLL* bits that woke the thread
  Wait* wait = nullptr;
  FdWaiter* previous = nullptr;
  FdWaiter* next = nullptr;
};

// A green thread's wait. Lives on the stack of the thread that waits.
// Invariant: while wake == none nobody but the hub and the wait's own source refer to it; once it
// is set, the thread is in the ready queue exactly once and every reference but that one is gone.
struct Wait {
  green::Thread* thread = nullptr;
  Wake wake = Wake::none;
  bool keeps_alive = true;  // the process does not end while this wait is pending
  bool cancellable = true;  // GreenThread#cancel ends it; the thread's next wait otherwise
  std::span<FdWaiter> descriptors;
  Timer timer;
  Wait* next_ready = nullptr;
  const void* address = nullptr;  // what wake_address() is to name; nullptr: none
  uint64_t arrival = 0;           // among those who wait for the same address, the lowest first
  Wait* previous_there = nullptr;
  Wait* next_there = nullptr;

  static Wait* of(Timer* timer);
};

// Threads that are to be resumed, first come, first served. Intrusive: queuing allocates nothing.
class ReadyQueue {
 public:
  bool empty() const { return head_ == nullptr; }
  void push(Wait& wait);
  Wait* pop();

 private:
  Wait* head_ = nullptr;
  Wait* tail_ = nullptr;
};

}  // namespace greenify::hub
