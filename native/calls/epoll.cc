#include <sys/epoll.h>

#include <cerrno>

#include "calls/blocking.h"
#include "calls/green_calls.h"
#include "calls/poll_set.h"

// epoll_wait(2), epoll_pwait(2), epoll_pwait2(2): an epoll descriptor can itself be polled.
namespace greenify::calls {
namespace {

// `ask` makes the call without waiting, `really` with what is left of the timeout.
template <class Ask, class Really>
int epoll_until(int fd, int64_t deadline, const sigset_t* signals, Ask ask, Really really) {
  if (!green::may_suspend()) {
    count_pin();
    return really();
  }
  const int error = errno;
  const AwaitedSignals awaited(signals);
  for (;;) {
    PollSet set;
    set.add(fd, EPOLLIN);
    if (awaited.fd() >= 0) set.add(awaited.fd(), EPOLLIN);
    const hub::Wake wake = set.wait(deadline);
    if (wake == hub::Wake::none) return offloaded(really);
    if (wake == hub::Wake::closed || wake == hub::Wake::cancelled) {
      errno = error_of(wake);
      return -1;
    }
    errno = error;
    const int ready = ask();
    if (ready != 0 || wake == hub::Wake::timeout) return ready;
  }
}

int milliseconds_left(int64_t deadline) {
  if (deadline == hub::kNever) return -1;
  const int64_t left = deadline - hub::now();
  return left <= 0 ? 0 : static_cast<int>((left + 999'999) / 1'000'000);
}

}  // namespace

int green_epoll_pwait(int fd, epoll_event* events, int most, int timeout_ms,
                      const sigset_t* signals) {
  if (green::current() == nullptr) {
    return original.epoll_pwait(fd, events, most, timeout_ms, signals);
  }
  const auto ask = [=] { return original.epoll_pwait(fd, events, most, 0, signals); };
  const int ready = ask();
  if (ready != 0 || timeout_ms == 0) return ready;
  const int64_t deadline =
      timeout_ms < 0 ? hub::kNever : hub::deadline_in(int64_t{timeout_ms} * 1'000'000);
  return epoll_until(fd, deadline, signals, ask, [=] {
    return original.epoll_pwait(fd, events, most, milliseconds_left(deadline), signals);
  });
}

int green_epoll_wait(int fd, epoll_event* events, int most, int timeout_ms) {
  if (green::current() == nullptr) return original.epoll_wait(fd, events, most, timeout_ms);
  return green_epoll_pwait(fd, events, most, timeout_ms, nullptr);
}

int green_epoll_pwait2(int fd, epoll_event* events, int most, const timespec* timeout,
                       const sigset_t* signals) {
  const bool direct =
      green::current() == nullptr || (timeout != nullptr && !valid_timeout(*timeout));
  if (direct) return original.epoll_pwait2(fd, events, most, timeout, signals);
  const auto ask = [=] { return original.epoll_pwait2(fd, events, most, &kNoTime, signals); };
  const int ready = ask();
  const bool waits = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  if (ready != 0 || !waits) return ready;
  const int64_t deadline = deadline_of(timeout);
  return epoll_until(fd, deadline, signals, ask, [=] {
    const std::optional<timespec> left = remaining_until(deadline);
    return original.epoll_pwait2(fd, events, most, left ? &*left : nullptr, signals);
  });
}

}  // namespace greenify::calls
