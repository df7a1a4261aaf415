#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "calls/blocking.h"
#include "calls/green_calls.h"

// poll(2), ppoll(2).
namespace greenify::calls {
namespace {

// More descriptors than this are not worth registering one by one: an offload thread polls them.
constexpr nfds_t kMostWatched = 64;

// poll(2) and epoll_ctl(2) give the same bits to the same events.
static_assert(POLLIN == EPOLLIN && POLLPRI == EPOLLPRI && POLLOUT == EPOLLOUT &&
              POLLERR == EPOLLERR && POLLHUP == EPOLLHUP && POLLRDNORM == EPOLLRDNORM &&
              POLLRDBAND == EPOLLRDBAND && POLLWRNORM == EPOLLWRNORM && POLLWRBAND == EPOLLWRBAND);

const timespec kNoTime{0, 0};

// The signals that ppoll() would let through and the loop thread otherwise blocks: a descriptor
// tells when one is pending, and a ppoll() that does not wait then delivers it. Empty when there
// are none.
class AwaitedSignals {
 public:
  explicit AwaitedSignals(const sigset_t* wanted) {
    if (wanted == nullptr) return;
    sigset_t blocked, awaited;
    pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
    sigemptyset(&awaited);
    bool any = false;
    for (int signal = 1; signal < NSIG; signal++) {
      if (sigismember(&blocked, signal) != 1 || sigismember(wanted, signal) != 0) continue;
      sigaddset(&awaited, signal);
      any = true;
    }
    if (any) fd_ = signalfd(-1, &awaited, SFD_CLOEXEC | SFD_NONBLOCK);
  }
  ~AwaitedSignals() {
    if (fd_ < 0) return;
    hub::closing(fd_);
    original.close(fd_);
  }
  AwaitedSignals(const AwaitedSignals&) = delete;
  AwaitedSignals& operator=(const AwaitedSignals&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

// What poll() asks for, as waiters of the hub.
class PollSet {
 public:
  PollSet(pollfd* polled, nfds_t count, int signal_fd) : polled_(polled), count_(count) {
    for (nfds_t i = 0; i < count; i++) add(polled[i].fd, static_cast<uint16_t>(polled[i].events));
    if (signal_fd >= 0) add(signal_fd, EPOLLIN);
  }

  hub::Wake wait(int64_t deadline) {
    hub::Wait wait;
    wait.descriptors = {waiters_.data(), used_};
    return hub::Hub::here()->wait(wait, deadline);
  }

  // After Wake::closed: poll(2) says POLLNVAL for a descriptor that is not open. A replaced one is
  // open again, but it is not the one that was asked for.
  int report_closed() {
    int reported = 0;
    for (nfds_t i = 0; i < count_; i++) {
      polled_[i].revents = (waiters_[i].fired & hub::kClosed) != 0 ? POLLNVAL : 0;
      reported += polled_[i].revents != 0 ? 1 : 0;
    }
    return reported;
  }

 private:
  void add(int fd, uint32_t events) {
    waiters_[used_].fd = fd;
    waiters_[used_++].events = events;
  }

  pollfd* const polled_;
  const nfds_t count_;
  std::array<hub::FdWaiter, kMostWatched + 1> waiters_;
  size_t used_ = 0;
};

std::optional<timespec> remaining_until(int64_t deadline) {
  if (deadline == hub::kNever) return {};
  const int64_t left = deadline - hub::now();
  if (left <= 0) return kNoTime;
  return timespec{left / 1'000'000'000, left % 1'000'000'000};
}

// Nothing is ready and the caller waits.
int poll_until(pollfd* polled, nfds_t count, int64_t deadline, const sigset_t* signals) {
  const auto really = [&] {
    const std::optional<timespec> left = remaining_until(deadline);
    return original.ppoll(polled, count, left ? &*left : nullptr, signals);
  };
  if (!green::may_suspend()) {
    count_pin();
    return really();
  }
  if (count > kMostWatched) return offloaded(really);
  const int error = errno;
  const AwaitedSignals awaited(signals);
  for (;;) {
    PollSet set(polled, count, awaited.fd());
    const hub::Wake wake = set.wait(deadline);
    if (wake == hub::Wake::none) return offloaded(really);
    if (wake == hub::Wake::cancelled) {
      errno = ECANCELED;
      return -1;
    }
    if (wake == hub::Wake::closed) {
      errno = error;
      return set.report_closed();
    }
    errno = error;
    const int ready = original.ppoll(polled, count, &kNoTime, signals);
    if (ready != 0 || wake == hub::Wake::timeout) return ready;
  }
}

}  // namespace

int green_poll(pollfd* polled, nfds_t count, int timeout_ms) {
  if (green::current() == nullptr) return original.poll(polled, count, timeout_ms);
  const int ready = original.poll(polled, count, 0);
  if (ready != 0 || timeout_ms == 0) return ready;
  const int64_t deadline =
      timeout_ms < 0 ? hub::kNever : hub::deadline_in(int64_t{timeout_ms} * 1'000'000);
  return poll_until(polled, count, deadline, nullptr);
}

int green_ppoll(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals) {
  if (green::current() == nullptr) return original.ppoll(polled, count, timeout, signals);
  const bool invalid = timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
                                              timeout->tv_nsec >= 1'000'000'000);
  if (invalid) return original.ppoll(polled, count, timeout, signals);
  const int ready = original.ppoll(polled, count, &kNoTime, signals);
  if (ready != 0) return ready;
  int64_t deadline = hub::kNever;
  if (timeout != nullptr) {
    if (timeout->tv_sec == 0 && timeout->tv_nsec == 0) return 0;
    if (timeout->tv_sec < hub::kNever / 1'000'000'000 - 1) {
      deadline = hub::deadline_in(timeout->tv_sec * 1'000'000'000 + timeout->tv_nsec);
    }
  }
  return poll_until(polled, count, deadline, signals);
}

// glibc's fortified forms: they abort when the array is too small for the count given.
int green_poll_chk(pollfd* polled, nfds_t count, int timeout_ms, size_t polled_size) {
  if (polled_size / sizeof *polled < count)
    return original.poll_chk(polled, count, timeout_ms, polled_size);
  return green_poll(polled, count, timeout_ms);
}

int green_ppoll_chk(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals,
                    size_t polled_size) {
  if (polled_size / sizeof *polled < count) {
    return original.ppoll_chk(polled, count, timeout, signals, polled_size);
  }
  return green_ppoll(polled, count, timeout, signals);
}

}  // namespace greenify::calls
