#include <sys/epoll.h>

#include <cerrno>
#include <utility>

#include "calls/blocking.h"
#include "calls/green_calls.h"
#include "calls/poll_set.h"

// poll(2), ppoll(2).
namespace greenify::calls {
namespace {

// poll(2) and epoll_ctl(2) give the same bits to the same events.
static_assert(POLLIN == EPOLLIN && POLLPRI == EPOLLPRI && POLLOUT == EPOLLOUT &&
              POLLERR == EPOLLERR && POLLHUP == EPOLLHUP && POLLRDNORM == EPOLLRDNORM &&
              POLLRDBAND == EPOLLRDBAND && POLLWRNORM == EPOLLWRNORM && POLLWRBAND == EPOLLWRBAND);

// poll(2) says POLLNVAL for a descriptor that is not open. One that dup2() has replaced is open
// again, but it is not the one that was asked for.
int report_closed(pollfd* polled, nfds_t count, const PollSet& set) {
  int reported = 0;
  for (nfds_t i = 0; i < count; i++) {
    polled[i].revents = set.is_closed(i) ? POLLNVAL : 0;
    reported += polled[i].revents != 0 ? 1 : 0;
  }
  return reported;
}

// Whether the current green thread polls one socket for input, for the first time since it has sent
// there. To look whether the answer has come would be a system call in vain most times. Where it
// has come already, the peer most likely ran in place of this thread, on its processor: to go on at
// once would let the two take turns there while everybody else waits. So it waits, as others do.
bool awaits_answer(const pollfd* polled, nfds_t count) {
  const int fd = std::exchange(green::current()->sent_to, -1);
  if (fd < 0 || count != 1 || polled == nullptr || polled->fd != fd) return false;
  return (polled->events & POLLOUT) == 0 && green::may_suspend();
}

// Nothing is ready, or that is not known, and the caller waits.
int poll_until(pollfd* polled, nfds_t count, int64_t deadline, const sigset_t* signals) {
  const auto really = [&] {
    const std::optional<timespec> left = remaining_until(deadline);
    return original.ppoll(polled, count, left ? &*left : nullptr, signals);
  };
  if (!green::may_suspend()) {
    count_pin();
    return really();
  }
  if (count > PollSet::kMost) return offloaded(really);
  const int error = errno;
  const AwaitedSignals awaited(signals);
  for (;;) {
    PollSet set;
    for (nfds_t i = 0; i < count; i++)
      set.add(polled[i].fd, static_cast<uint16_t>(polled[i].events));
    if (awaited.fd() >= 0) set.add(awaited.fd(), EPOLLIN);
    const hub::Wake wake = set.wait(deadline);
    errno = error;
    if (wake == hub::Wake::none) return offloaded(really);
    if (wake == hub::Wake::cancelled) {
      errno = ECANCELED;
      return -1;
    }
    if (wake == hub::Wake::closed) return report_closed(polled, count, set);
    // One descriptor, as most libraries have: epoll has just said what poll(2) would.
    if (wake == hub::Wake::ready && count == 1 && awaited.fd() < 0 && set.fired(0) != 0) {
      polled->revents = static_cast<int16_t>(set.fired(0));
      return 1;
    }
    const int ready = original.ppoll(polled, count, &kNoTime, signals);
    if (ready != 0 || wake == hub::Wake::timeout) return ready;
  }
}

}  // namespace

int green_poll(pollfd* polled, nfds_t count, int timeout_ms) {
  if (green::current() == nullptr) return original.poll(polled, count, timeout_ms);
  const bool waits_first = awaits_answer(polled, count) && timeout_ms != 0;
  const int ready = waits_first ? 0 : original.poll(polled, count, 0);
  if (ready != 0 || timeout_ms == 0) return ready;
  const int64_t deadline =
      timeout_ms < 0 ? hub::kNever : hub::deadline_in(int64_t{timeout_ms} * 1'000'000);
  return poll_until(polled, count, deadline, nullptr);
}

int green_ppoll(pollfd* polled, nfds_t count, const timespec* timeout, const sigset_t* signals) {
  if (green::current() == nullptr) return original.ppoll(polled, count, timeout, signals);
  if (timeout != nullptr && !valid_timeout(*timeout)) {
    return original.ppoll(polled, count, timeout, signals);
  }
  const int ready = original.ppoll(polled, count, &kNoTime, signals);
  const bool waits = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  if (ready != 0 || !waits) return ready;
  return poll_until(polled, count, deadline_of(timeout), signals);
}

// glibc's fortified forms: they abort when the array is too small for the count given.
int green_poll_chk(pollfd* polled, nfds_t count, int timeout_ms, size_t polled_size) {
  if (polled_size / sizeof *polled < count) {
    return original.poll_chk(polled, count, timeout_ms, polled_size);
  }
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
