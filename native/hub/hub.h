#pragma once

#include <uv.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "hub/address_table.h"
#include "hub/fd_table.h"
#include "hub/inbox.h"
#include "hub/post_box.h"
#include "hub/timer_queue.h"
#include "hub/trace.h"
#include "hub/wait.h"

namespace greenify::hub {

// What the hub has done since it was opened, for reports and tests.
struct Counters {
  uint64_t waits = 0;     // green threads suspended on the hub
  uint64_t offloads = 0;  // calls moved to an offload thread
  uint64_t pins = 0;      // calls that really blocked though a green thread made them
};

// Whether the process goes on while a green thread waits.
enum class KeepsAlive : bool { no, yes };

// Where the green threads of one environment wait: one epoll instance of its own, watched by one
// uv_poll_t of the environment's loop, with a timerfd for deadlines and an eventfd for other kernel
// threads.
//
// Ready threads are resumed from the loop stack, a batch per turn of the loop, the rest next turn
// (a uv_idle_t keeps it turning). A pending wait keeps the loop, and so the process, alive. Thread:
// loop, except where said.
class Hub : public std::enable_shared_from_this<Hub> {
 public:
  // Throws std::system_error when the system has no descriptors left.
  static std::shared_ptr<Hub> open(uv_loop_t* loop);
  ~Hub();
  // The hub of this loop thread, or nullptr.
  static Hub* here();

  // Stops watching; threads that still wait are abandoned. `closed(data)` runs when the loop holds
  // nothing of the hub any more.
  void close(void (*closed)(void*), void* data);

  // -- Waiting. The current green thread must be allowed to suspend (green::may_suspend).

  // Waits until one of wait.descriptors is ready, `deadline` (CLOCK_MONOTONIC, ns) has passed, or
  // somebody wakes the wait. Wake::none: the descriptors cannot be watched, nothing was waited for.
  Wake wait(Wait& wait, int64_t deadline);
  // Waits for EPOLL* `events` on one descriptor; what fired is stored through `fired`.
  Wake wait_for(int fd, uint32_t events, int64_t deadline, uint32_t* fired = nullptr);
  Wake sleep_until(int64_t deadline);
  // From now on wake_address(address) wakes `wait`; the thread is to pause() for it. Between the
  // two it may still do what must come after (unlock what protects the condition).
  void watch_address(Wait& wait, const void* address);
  Wake pause(Wait& wait, int64_t deadline);
  // Instead of pause(): there is nothing to wait for any more.
  void forget(Wait& wait);
  // Lets the other ready threads and the loop run once.
  Wake yield();
  // The same before something that takes its time on the loop thread. Cannot be cancelled.
  void step_aside();
  // Waits for unpark() or cancel(), and does not keep the process alive meanwhile.
  Wake park();
  // Runs call(argument) on an offload thread while the current green thread is away.
  void offload(void (*call)(void*), void* argument, KeepsAlive keeps_alive = KeepsAlive::yes);

  // -- Waking.

  // Resumes a parked thread at once, on this stack. False when it is not parked (any more).
  bool unpark(green::Thread& thread);
  // Ends a thread's wait with Wake::cancelled; its next one, when it is not waiting now or is
  // offloaded. False when an earlier cancellation has not reached it yet.
  bool cancel(green::Thread& thread);
  // Ends a thread's sleep_until(). False when it does not sleep (any more).
  bool wake_sleeper(green::Thread& thread);
  void wake(Wait& wait, Wake reason);
  // Lets the loop stack, or a thread that cannot be suspended here, wait for what only green
  // threads can bring about: runs the next one that gets ready before `deadline` on this stack.
  void drive(int64_t deadline);
  // Whether green threads wait that drive() may bring further.
  bool has_waiters() const { return holders_ > 0; }
  // Thread: any but the loop thread, by the offload pool.
  void offload_ended(Wait& wait) { inbox_.post_ended(wait); }

  // The current green thread makes a call that really blocks.
  void pinned() {
    counters_.pins++;
    trace_.pin(*green::current());
  }

  const Counters& counters() const { return counters_; }
  Trace& trace() { return trace_; }
  uv_loop_t* loop() const { return loop_; }
  // Whether `fd` is the epoll instance of the environment's own loop.
  bool is_backend(int fd) const { return uv_backend_fd(loop_) == fd; }

 private:
  friend void wake_closing(int fd);
  friend void wake_waiters(const void* address, size_t most);

  explicit Hub(uv_loop_t* loop);
  static void forget_waits();
  std::array<uv_handle_t*, 4> handles();
  static void on_poll(uv_poll_t* handle, int status, int events);
  static void on_idle(uv_idle_t* handle);
  static void on_prepare(uv_prepare_t* handle);
  static void on_trim(uv_timer_t* handle);
  static void on_closed(uv_handle_t* handle);
  static void hand_over(green::Thread& thread);

  void collect_events(int timeout_ms);
  void read_mail();
  void read_letters();
  void read_posts();
  void fire_timers();
  void queue_deadline(Wait& wait, int64_t deadline);
  void arm_timer();
  void resume_batch();
  void resume_up_to(int most);
  void evict(int fd);
  bool take_cancellation();
  bool watch_all(Wait& wait);
  Wake leave(Wait& wait);
  void detach(Wait& wait);
  void hold();
  void let_go();
  void schedule_trim();

  uv_loop_t* const loop_;
  const int epoll_fd_;
  const int timer_fd_;
  const int event_fd_;
  FdTable descriptors_;
  AddressTable addresses_;
  TimerQueue timers_;
  ReadyQueue ready_;
  Inbox inbox_;
  PostBox& posts_;
  int64_t armed_deadline_ = kNever;
  size_t holders_ = 0;  // waits that keep the process alive
  Counters counters_;
  Trace trace_;

  uv_poll_t poll_;
  uv_idle_t idle_;
  uv_prepare_t prepare_;
  uv_timer_t trim_;
  size_t open_handles_ = 0;
  void (*closed_)(void*) = nullptr;
  void* closed_data_ = nullptr;
  std::shared_ptr<Hub> self_;  // held while the loop knows our handles
};

// CLOCK_MONOTONIC in nanoseconds.
int64_t now();
// The deadline `duration_ns` from now; kNever where that overflows.
int64_t deadline_in(int64_t duration_ns);

// How many green threads wait for descriptors, and for addresses, in the whole process: what a
// waker reads first.
extern std::atomic<size_t> descriptor_waits;
extern std::atomic<size_t> address_waits;

void wake_closing(int fd);
void wake_waiters(const void* address, size_t most);

// Wakes everybody who waits for `fd`, on any loop thread: it is about to be closed or replaced. One
// load when no green thread waits for a descriptor. Thread: any.
inline void closing(int fd) {
  if (descriptor_waits.load(std::memory_order_relaxed) != 0) wake_closing(fd);
}

// Wakes up to `most` of those who wait for `address`, on each loop thread. One load when no green
// thread waits for an address. Thread: any.
inline void wake_address(const void* address, size_t most) {
  if (address_waits.load(std::memory_order_seq_cst) != 0) wake_waiters(address, most);
}

// The same for one of them, in signal handlers too: it is woken by its loop's next turn.
inline void post_address(const void* address) {
  if (address_waits.load(std::memory_order_seq_cst) != 0) PostBox::post_to_all(address);
}

}  // namespace greenify::hub
