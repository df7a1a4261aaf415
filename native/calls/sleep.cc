#include <cerrno>

#include "calls/blocking.h"
#include "calls/green_calls.h"

// sleep(3), usleep(3), nanosleep(2), clock_nanosleep(2).
namespace greenify::calls {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

bool valid(const timespec* time) {
  return time != nullptr && time->tv_sec >= 0 && time->tv_nsec >= 0 && time->tv_nsec < kSecond;
}

int64_t to_ns(const timespec& time) {
  int64_t ns;
  if (__builtin_mul_overflow(time.tv_sec, kSecond, &ns) ||
      __builtin_add_overflow(ns, time.tv_nsec, &ns)) {
    return hub::kNever;
  }
  return ns;
}

// What is left until `deadline`: 0, unless the sleep was cancelled.
int64_t sleep_until(int64_t deadline) {
  const hub::Wake wake = hub::Hub::here()->sleep_until(deadline);
  if (wake != hub::Wake::cancelled) return 0;
  const int64_t left = deadline - hub::now();
  return left > 0 ? left : 1;
}

// Sleeping no time at all does not wait, but it lets others go on: loops that poll do it for that.
int64_t sleep_for(int64_t duration_ns) {
  if (duration_ns > 0) return sleep_until(hub::deadline_in(duration_ns));
  hub::Hub::here()->yield();
  return 0;
}

// False where the original must be called: no green thread, or one that cannot be suspended here.
bool can_sleep() {
  if (green::current() == nullptr) return false;
  if (green::may_suspend()) return true;
  count_pin();
  return false;
}

// nanosleep(2): a sleep that ends early says how much is left and fails with EINTR.
int interrupted(int64_t left, timespec* remaining) {
  if (remaining != nullptr) *remaining = {left / kSecond, left % kSecond};
  return EINTR;
}

}  // namespace

bool sleep_if_green(int64_t duration_ns) {
  if (!can_sleep()) return false;
  sleep_for(duration_ns);
  return true;
}

unsigned green_sleep(unsigned seconds) {
  if (!can_sleep()) return original.sleep(seconds);
  const int64_t left = sleep_for(seconds * kSecond);
  return static_cast<unsigned>((left + kSecond - 1) / kSecond);
}

int green_usleep(useconds_t microseconds) {
  if (!can_sleep()) return original.usleep(microseconds);
  if (sleep_for(int64_t{microseconds} * 1'000) == 0) return 0;
  errno = EINTR;
  return -1;
}

int green_nanosleep(const timespec* duration, timespec* remaining) {
  if (!can_sleep() || !valid(duration)) return original.nanosleep(duration, remaining);
  const int64_t left = sleep_for(to_ns(*duration));
  if (left == 0) return 0;
  errno = interrupted(left, remaining);
  return -1;
}

// clock_nanosleep(2): gives the error number and leaves errno alone. A relative sleep on
// CLOCK_REALTIME does not follow changes of that clock; an absolute one does, and other clocks stop
// in suspend or count only while the process runs: the real call waits for those.
int green_clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* remaining) {
  if (!can_sleep() || !valid(time)) return original.clock_nanosleep(clock, flags, time, remaining);
  const bool absolute = (flags & TIMER_ABSTIME) != 0;
  if (clock == CLOCK_MONOTONIC && absolute) return sleep_until(to_ns(*time)) == 0 ? 0 : EINTR;
  if (!absolute && (clock == CLOCK_MONOTONIC || clock == CLOCK_REALTIME)) {
    const int64_t left = sleep_for(to_ns(*time));
    return left == 0 ? 0 : interrupted(left, remaining);
  }
  return offloaded([=] { return original.clock_nanosleep(clock, flags, time, remaining); });
}

}  // namespace greenify::calls
