#include "hub/hub.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <vector>

#include "hub/fork.h"
#include "hub/offload_pool.h"
#include "node/switching.h"

namespace greenify::hub {
namespace {

thread_local Hub* hub_here = nullptr;

Wait* wait_of(const green::Thread& thread) {
  return static_cast<Wait*>(thread.wait);
}

// Every open hub, for wakers on other kernel threads.
std::mutex hubs_mutex;
std::vector<Hub*> hubs;

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

}  // namespace

std::atomic<size_t> descriptor_waits{0};
std::atomic<size_t> address_waits{0};

int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

int64_t deadline_in(int64_t duration_ns) {
  int64_t deadline;
  return __builtin_add_overflow(now(), duration_ns, &deadline) ? kNever : deadline;
}

Hub* Hub::here() {
  return hub_here;
}

// The child shares the parent's epoll instance: what it closes must not be taken out of there.
void Hub::forget_waits() {
  descriptor_waits = 0;
  address_waits = 0;
}

std::shared_ptr<Hub> Hub::open(uv_loop_t* loop) {
  watch_forks(forget_waits);
  std::shared_ptr<Hub> hub(new Hub(loop));
  uv_poll_init(loop, &hub->poll_, hub->epoll_fd_);
  uv_idle_init(loop, &hub->idle_);
  uv_prepare_init(loop, &hub->prepare_);
  uv_timer_init(loop, &hub->trim_);
  for (uv_handle_t* handle : hub->handles()) handle->data = hub.get();
  hub->open_handles_ = hub->handles().size();
  hub->self_ = hub;
  uv_unref(reinterpret_cast<uv_handle_t*>(&hub->poll_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&hub->prepare_));
  uv_unref(reinterpret_cast<uv_handle_t*>(&hub->trim_));
  uv_poll_start(&hub->poll_, UV_READABLE, on_poll);
  const std::lock_guard lock(hubs_mutex);
  hubs.push_back(hub.get());
  hub_here = hub.get();
  return hub;
}

Hub::Hub(uv_loop_t* loop)
    : loop_(loop),
      epoll_fd_(checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_fd_(
          checked(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), "timerfd_create")),
      event_fd_(checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")),
      descriptors_(epoll_fd_),
      inbox_(event_fd_),
      posts_(PostBox::acquire()) {
  for (const int fd : {timer_fd_, event_fd_, posts_.event_fd()}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<uint64_t>(fd);
    checked(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
  }
}

Hub::~Hub() {
  posts_.release();
  for (const int fd : {epoll_fd_, timer_fd_, event_fd_}) ::close(fd);
}

void Hub::close(void (*closed)(void*), void* data) {
  {
    const std::lock_guard lock(hubs_mutex);
    std::erase(hubs, this);
  }
  hub_here = nullptr;
  inbox_.shut();
  closed_ = closed;
  closed_data_ = data;
  for (uv_handle_t* handle : handles()) uv_close(handle, on_closed);
}

std::array<uv_handle_t*, 4> Hub::handles() {
  return {reinterpret_cast<uv_handle_t*>(&poll_), reinterpret_cast<uv_handle_t*>(&idle_),
          reinterpret_cast<uv_handle_t*>(&prepare_), reinterpret_cast<uv_handle_t*>(&trim_)};
}

void Hub::on_closed(uv_handle_t* handle) {
  auto* hub = static_cast<Hub*>(handle->data);
  if (--hub->open_handles_ > 0) return;
  const std::shared_ptr<Hub> last = std::move(hub->self_);
  last->closed_(last->closed_data_);
}

// -- Keeping the process alive

void Hub::hold() {
  if (holders_++ == 0) uv_ref(reinterpret_cast<uv_handle_t*>(&poll_));
}

void Hub::let_go() {
  if (--holders_ == 0) uv_unref(reinterpret_cast<uv_handle_t*>(&poll_));
}

// -- Waiting

// False when some descriptor cannot be watched; then none is. One that is not open ends the wait.
bool Hub::watch_all(Wait& wait) {
  for (FdWaiter& waiter : wait.descriptors) {
    if (waiter.fd < 0) continue;
    waiter.wait = &wait;
    const FdTable::Watch result = descriptors_.watch(waiter);
    if (result == FdTable::Watch::armed) continue;
    // epoll_ctl(2) EPERM: a regular file. With nothing asked of it, it is never ready.
    if (result == FdTable::Watch::unpollable && waiter.events == 0) continue;
    detach(wait);
    if (result != FdTable::Watch::bad_fd) return false;
    waiter.fired = kClosed;
    wait.wake = Wake::closed;
    return true;
  }
  return true;
}

// Whether the current thread was cancelled while it did not wait: its next wait ends before it
// begins.
bool Hub::take_cancellation() {
  green::Thread& thread = *green::current();
  const bool cancelled = thread.cancelled;
  thread.cancelled = false;
  return cancelled;
}

Wake Hub::wait(Wait& wait, int64_t deadline) {
  if (wait.cancellable && take_cancellation()) return Wake::cancelled;
  read_mail();
  wait.thread = green::current();
  if (!watch_all(wait)) return Wake::none;
  if (wait.wake != Wake::none) return wait.wake;
  queue_deadline(wait, deadline);
  descriptor_waits.fetch_add(1, std::memory_order_relaxed);
  const Wake reason = leave(wait);
  descriptor_waits.fetch_sub(1, std::memory_order_relaxed);
  return reason;
}

// Suspends the current thread until `wait` is over.
Wake Hub::leave(Wait& wait) {
  counters_.waits++;
  wait.thread = green::current();
  wait.thread->wait = &wait;
  schedule_trim();
  if (wait.keeps_alive) hold();
  const int64_t began = trace_.begin();
  node::suspend();
  trace_.end(began, Traced::wait, *wait.thread);
  if (wait.keeps_alive) let_go();
  if (wait.wake == Wake::cancelled) wait.thread->cancelled = false;
  return wait.wake;
}

Wake Hub::wait_for(int fd, uint32_t events, int64_t deadline, uint32_t* fired) {
  FdWaiter waiter;
  waiter.fd = fd;
  waiter.events = events;
  Wait wait;
  wait.descriptors = {&waiter, 1};
  const Wake reason = this->wait(wait, deadline);
  if (fired != nullptr) *fired = waiter.fired;
  return reason;
}

Wake Hub::sleep_until(int64_t deadline) {
  Wait wait;
  return this->wait(wait, deadline);
}

void Hub::watch_address(Wait& wait, const void* address) {
  wait.thread = green::current();
  address_waits.fetch_add(1, std::memory_order_seq_cst);
  // The caller looks at the lock once more, perhaps by a plain load; on arm64 that could be made
  // before the count is seen by whoever lets go of the lock, and then looks at the count.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  addresses_.add(wait, address);
}

Wake Hub::pause(Wait& wait, int64_t deadline) {
  if (wait.wake == Wake::none) queue_deadline(wait, deadline);
  const Wake reason = leave(wait);
  address_waits.fetch_sub(1, std::memory_order_relaxed);
  return reason;
}

void Hub::forget(Wait& wait) {
  if (wait.wake != Wake::none) {  // it is in the ready queue, which has to let go of it
    pause(wait, kNever);
    return;
  }
  detach(wait);
  address_waits.fetch_sub(1, std::memory_order_relaxed);
}

Wake Hub::yield() {
  if (take_cancellation()) return Wake::cancelled;
  step_aside();
  return Wake::ready;
}

void Hub::step_aside() {
  Wait wait;
  wait.thread = green::current();
  wake(wait, Wake::ready);
  leave(wait);
}

Wake Hub::park() {
  if (take_cancellation()) return Wake::cancelled;
  Wait wait;
  wait.keeps_alive = false;
  return leave(wait);
}

// Runs on the resumer's stack, when the thread's own is free to be taken over.
void Hub::hand_over(green::Thread& thread) {
  Hub& hub = *here();
  Wait* wait = wait_of(thread);
  OffloadPool::instance().submit({node::share(thread), hub.shared_from_this(), wait});
}

void Hub::offload(void (*call)(void*), void* argument, KeepsAlive keeps_alive) {
  counters_.offloads++;
  Wait wait;
  wait.thread = green::current();
  wait.thread->wait = &wait;
  if (keeps_alive == KeepsAlive::yes) hold();
  const int64_t began = trace_.begin();
  node::offload(hand_over, call, argument);
  trace_.end(began, Traced::offload, *wait.thread);
  if (keeps_alive == KeepsAlive::yes) let_go();
}

// -- Waking

// Takes a wait out of every list it is in.
void Hub::detach(Wait& wait) {
  timers_.remove(wait.timer);
  addresses_.remove(wait);
  for (FdWaiter& waiter : wait.descriptors) descriptors_.unwatch(waiter);
}

void Hub::wake(Wait& wait, Wake reason) {
  if (wait.wake != Wake::none) return;
  detach(wait);
  wait.wake = reason;
  wait.thread->wait = nullptr;
  if (ready_.empty()) uv_idle_start(&idle_, on_idle);
  ready_.push(wait);
}

bool Hub::unpark(green::Thread& thread) {
  Wait* const parked = wait_of(thread);
  if (parked == nullptr || parked->keeps_alive || parked->wake != Wake::none) return false;
  thread.wait = nullptr;
  parked->wake = Wake::ready;
  node::resume(thread);
  return true;
}

bool Hub::wake_sleeper(green::Thread& thread) {
  Wait* wait = wait_of(thread);
  const bool sleeps = wait != nullptr && wait->wake == Wake::none && wait->keeps_alive &&
                      wait->descriptors.empty() && wait->address == nullptr;
  if (!sleeps || thread.state != green::State::suspended) return false;
  this->wake(*wait, Wake::ready);
  return true;
}

bool Hub::cancel(green::Thread& thread) {
  if (thread.cancelled) return false;
  thread.cancelled = true;
  Wait* wait = wait_of(thread);
  // A wait for a lock goes on: pthread_mutex_lock(3) has no way to say that it was interrupted.
  const bool waits = wait != nullptr && wait->wake == Wake::none && wait->address == nullptr;
  if (waits && wait->cancellable && thread.state == green::State::suspended)
    wake(*wait, Wake::cancelled);
  return true;
}

void Hub::evict(int fd) {
  descriptors_.evict(fd, [this](FdWaiter& waiter) { wake(*waiter.wait, Wake::closed); });
}

void wake_closing(int fd) {
  if (is_forked_child()) return;
  const int error = errno;  // close(2) leaves it alone when it succeeds
  Hub* mine = Hub::here();
  if (mine != nullptr) mine->evict(fd);
  {
    const std::lock_guard lock(hubs_mutex);
    for (Hub* hub : hubs) {
      if (hub != mine) hub->inbox_.post_closing(fd);
    }
  }
  errno = error;
}

void wake_waiters(const void* address, size_t most) {
  if (is_forked_child()) return;
  Hub* mine = Hub::here();
  if (mine != nullptr) {
    mine->addresses_.wake(address, most, [mine](Wait& wait) { mine->wake(wait, Wake::ready); });
  }
  const std::lock_guard lock(hubs_mutex);
  for (Hub* hub : hubs) {
    if (hub != mine) hub->inbox_.post_wake({address, most});
  }
}

}  // namespace greenify::hub
