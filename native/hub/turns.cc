#include <malloc.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "hub/hub.h"
#include "node/switching.h"

// What the hub does when the loop turns: it looks who is ready, and resumes them.
namespace greenify::hub {
namespace {

// How many threads one turn of the loop resumes, and for how long it goes on resuming: more would
// keep timers and sockets waiting.
constexpr int kBatch = 16;
constexpr int64_t kBatchNs = 5'000'000;
constexpr int kEventsPerTurn = 64;
constexpr uint64_t kTrimIntervalMs = 1100;

// For epoll_wait(2), rounded up: afterwards the deadline has passed.
int milliseconds_until(int64_t deadline) {
  if (deadline == kNever) return -1;
  const int64_t left = (deadline - now() + 999'999) / 1'000'000;
  return static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
}

}  // namespace

void Hub::drive(int64_t deadline) {
  arm_timer();
  collect_events(ready_.empty() ? milliseconds_until(deadline) : 0);
  resume_up_to(1);
}

void Hub::on_poll(uv_poll_t* handle, int, int) {
  Hub& hub = *static_cast<Hub*>(handle->data);
  if (green::current() != nullptr) return;  // a green thread runs this loop itself: not its turn
  hub.collect_events(0);
  hub.resume_batch();
}

void Hub::on_idle(uv_idle_t* handle) {
  if (green::current() != nullptr) return;
  static_cast<Hub*>(handle->data)->resume_batch();
}

void Hub::collect_events(int timeout_ms) {
  epoll_event events[kEventsPerTurn];
  const int count = epoll_wait(epoll_fd_, events, kEventsPerTurn, timeout_ms);
  for (int i = 0; i < count; i++) {
    const uint64_t source = events[i].data.u64;
    if (source == static_cast<uint64_t>(timer_fd_)) {
      fire_timers();
    } else if (source == static_cast<uint64_t>(event_fd_)) {
      read_letters();
    } else if (source == static_cast<uint64_t>(posts_.event_fd())) {
      read_posts();
    } else {
      descriptors_.fire(events[i], [this](FdWaiter& waiter) { wake(*waiter.wait, Wake::ready); });
    }
  }
}

// What other kernel threads, and signal handlers, have had to say since.
void Hub::read_mail() {
  if (inbox_.has_letters()) read_letters();
  if (posts_.has_posts()) read_posts();
}

void Hub::read_posts() {
  posts_.take([this](const void* address) {
    addresses_.wake(address, 1, [this](Wait& wait) { wake(wait, Wake::ready); });
  });
}

void Hub::read_letters() {
  const Inbox::Letters letters = inbox_.take();
  for (const int fd : letters.closing) evict(fd);
  for (Wait* wait : letters.ended) wake(*wait, Wake::ready);
  for (const Inbox::AddressWake& letter : letters.wakes) {
    addresses_.wake(letter.address, letter.most, [this](Wait& wait) { wake(wait, Wake::ready); });
  }
}

void Hub::fire_timers() {
  uint64_t expirations;
  [[maybe_unused]] const ssize_t bytes = read(timer_fd_, &expirations, sizeof expirations);
  armed_deadline_ = kNever;
  const int64_t time = now();
  while (Timer* due = timers_.pop_due(time)) wake(*Wait::of(due), Wake::timeout);
  arm_timer();
}

// Arming the timer costs a system call, so it is done before the loop waits, once for all deadlines
// that have come in a turn.
void Hub::queue_deadline(Wait& wait, int64_t deadline) {
  if (deadline == kNever) return;
  timers_.add(wait.timer, deadline);
  if (deadline < armed_deadline_) uv_prepare_start(&prepare_, on_prepare);
}

void Hub::on_prepare(uv_prepare_t* handle) {
  static_cast<Hub*>(handle->data)->arm_timer();
  uv_prepare_stop(handle);
}

// The timer is only ever moved forward in time: one that fires for nobody costs a turn.
void Hub::arm_timer() {
  const int64_t next = timers_.next_deadline();
  if (next >= armed_deadline_) return;
  armed_deadline_ = next;
  // timerfd_settime(2): a value of zero would disarm it.
  const int64_t at = std::max<int64_t>(next, 1);
  itimerspec spec{};
  spec.it_value = {at / 1'000'000'000, at % 1'000'000'000};
  timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Hub::resume_batch() {
  resume_up_to(kBatch);
}

void Hub::resume_up_to(int most) {
  const int64_t end = now() + kBatchNs;
  for (int i = 0; i < most && (i == 0 || now() < end); i++) {
    read_mail();
    Wait* wait = ready_.pop();
    if (wait == nullptr) break;
    node::resume(*wait->thread);
  }
  if (ready_.empty()) {
    uv_idle_stop(&idle_);
  } else {
    uv_idle_start(&idle_, on_idle);
  }
}

// -- Memory of idle threads

void Hub::schedule_trim() {
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&trim_)) == 0) {
    uv_timer_start(&trim_, on_trim, kTrimIntervalMs, 0);
  }
}

void Hub::on_trim(uv_timer_t* handle) {
  Hub& hub = *static_cast<Hub*>(handle->data);
  if (node::shrink()) {
    hub.descriptors_.shrink();
#ifdef __GLIBC__
    malloc_trim(0);
#endif
  }
  if (node::trim_idle()) hub.schedule_trim();
}

}  // namespace greenify::hub
