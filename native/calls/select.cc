#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "calls/blocking.h"
#include "calls/green_calls.h"
#include "calls/poll_set.h"

// select(2), pselect(2).
namespace greenify::calls {
namespace {

// select_tut(2) and the kernel's fs/select.c: what each set asks poll for.
constexpr uint32_t kReadEvents = EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR;
constexpr uint32_t kWriteEvents = EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR;
constexpr uint32_t kExceptEvents = EPOLLPRI;

// The three sets of a call. Their size is the caller's business: the kernel reads as many bits as
// `count` says, which may be more than FD_SETSIZE.
struct Sets {
  int count;
  fd_set* sets[3];  // read, write, except; each may be nullptr

  size_t bytes() const { return (static_cast<size_t>(count) + 63) / 64 * 8; }
  char* bytes_of(int i) const { return reinterpret_cast<char*>(sets[i]); }
};

bool has(const void* set, int fd) {
  if (set == nullptr) return false;
  const auto* words = static_cast<const uint64_t*>(set);
  return (words[fd / 64] >> (fd % 64) & 1) != 0;
}

// The contents of the caller's sets, to ask with again: each call overwrites them.
class Asked {
 public:
  explicit Asked(const Sets& sets) : sets_(sets), contents_(3 * sets.bytes()) {
    for (int i = 0; i < 3; i++) {
      if (sets.sets[i] != nullptr) std::copy_n(sets.bytes_of(i), sets.bytes(), part(i));
    }
  }

  void restore() {
    for (int i = 0; i < 3; i++) {
      if (sets_.sets[i] != nullptr) std::copy_n(part(i), sets_.bytes(), sets_.bytes_of(i));
    }
  }

  // False when there are too many descriptors for the hub.
  bool add_to(PollSet& set) {
    size_t added = 0;
    for (int fd = 0; fd < sets_.count; fd++) {
      uint32_t events = 0;
      if (sets_.sets[0] != nullptr && has(part(0), fd)) events |= kReadEvents;
      if (sets_.sets[1] != nullptr && has(part(1), fd)) events |= kWriteEvents;
      if (sets_.sets[2] != nullptr && has(part(2), fd)) events |= kExceptEvents;
      if (events == 0) continue;
      if (++added > PollSet::kMost) return false;
      set.add(fd, events);
    }
    return true;
  }

 private:
  char* part(int i) { return contents_.data() + static_cast<size_t>(i) * sets_.bytes(); }

  const Sets& sets_;
  std::vector<char> contents_;
};

int ask(const Sets& sets, const timespec* timeout, const sigset_t* signals) {
  return original.pselect(sets.count, sets.sets[0], sets.sets[1], sets.sets[2], timeout, signals);
}

// Nothing is ready and the caller waits. When this fails the sets are as they were (select(2)).
int select_until(const Sets& sets, Asked& asked, int64_t deadline, const sigset_t* signals) {
  const auto really = [&] {
    asked.restore();
    const std::optional<timespec> left = remaining_until(deadline);
    return ask(sets, left ? &*left : nullptr, signals);
  };
  if (!green::may_suspend()) {
    count_pin();
    return really();
  }
  const int error = errno;
  const AwaitedSignals awaited(signals);
  for (int wakes = 0;; wakes++) {
    // A descriptor that has hung up wakes the hub, and may be in no set that select() says it for.
    if (wakes > kVainWakes) return offloaded(really);
    PollSet set;
    if (!asked.add_to(set)) return offloaded(really);
    if (awaited.fd() >= 0) set.add(awaited.fd(), EPOLLIN);
    const hub::Wake wake = set.wait(deadline);
    // The kernel passes over numbers for which the process's table has no room (fs/select.c), and
    // says EBADF for others that are not open.
    const bool unknown = wake == hub::Wake::closed && set.has_unknown();
    errno = error;
    if (wake == hub::Wake::none || unknown) return offloaded(really);
    asked.restore();
    if (wake == hub::Wake::closed || wake == hub::Wake::cancelled) {
      errno = error_of(wake);
      return -1;
    }
    const int ready = ask(sets, &kNoTime, signals);
    if (ready != 0 || wake == hub::Wake::timeout) return ready;
  }
}

// -1 (errno set), or how many are ready, 0 after the timeout.
int green_select_until(const Sets& sets, const timespec* timeout, int64_t deadline,
                       const sigset_t* signals) {
  if (sets.count < 0) return ask(sets, timeout, signals);  // EINVAL
  Asked asked(sets);
  const int ready = ask(sets, &kNoTime, signals);
  const bool waits = timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
  if (ready != 0 || !waits) return ready;
  return select_until(sets, asked, deadline, signals);
}

}  // namespace

// select(2): Linux stores the time that is left; a timeout in microseconds may exceed a second.
int green_select(int count, fd_set* reads, fd_set* writes, fd_set* excepts, timeval* timeout) {
  if (green::current() == nullptr) return original.select(count, reads, writes, excepts, timeout);
  if (timeout != nullptr && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
    return original.select(count, reads, writes, excepts, timeout);
  }
  std::optional<timespec> converted;
  if (timeout != nullptr) {
    converted = timespec{timeout->tv_sec + timeout->tv_usec / 1'000'000,
                         timeout->tv_usec % 1'000'000 * 1'000};
  }
  const timespec* wanted = converted ? &*converted : nullptr;
  const int64_t deadline = deadline_of(wanted);
  const Sets sets{count, {reads, writes, excepts}};
  const int ready = green_select_until(sets, wanted, deadline, nullptr);
  if (const std::optional<timespec> left = remaining_until(deadline)) {
    *timeout = {left->tv_sec, left->tv_nsec / 1'000};
  }
  return ready;
}

int green_pselect(int count, fd_set* reads, fd_set* writes, fd_set* excepts,
                  const timespec* timeout, const sigset_t* signals) {
  const bool direct =
      green::current() == nullptr || (timeout != nullptr && !valid_timeout(*timeout));
  if (direct) return original.pselect(count, reads, writes, excepts, timeout, signals);
  return green_select_until({count, {reads, writes, excepts}}, timeout, deadline_of(timeout),
                            signals);
}

}  // namespace greenify::calls
