#include "calls/poll_set.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "calls/original.h"

namespace greenify::calls {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

}  // namespace

bool valid_timeout(const timespec& timeout) {
  return timeout.tv_sec >= 0 && timeout.tv_nsec >= 0 && timeout.tv_nsec < kSecond;
}

int64_t deadline_of(const timespec* timeout) {
  if (timeout == nullptr || timeout->tv_sec > hub::kNever / kSecond - 1) return hub::kNever;
  return hub::deadline_in(timeout->tv_sec * kSecond + timeout->tv_nsec);
}

std::optional<timespec> remaining_until(int64_t deadline) {
  if (deadline == hub::kNever) return {};
  const int64_t left = deadline - hub::now();
  if (left <= 0) return kNoTime;
  return timespec{left / kSecond, left % kSecond};
}

AwaitedSignals::AwaitedSignals(const sigset_t* wanted) {
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

AwaitedSignals::~AwaitedSignals() {
  if (fd_ < 0) return;
  hub::closing(fd_);
  original.close(fd_);
}

bool AwaitedSignals::has_come() const {
  pollfd polled{fd_, POLLIN, 0};
  return fd_ >= 0 && original.poll(&polled, 1, 0) > 0;
}

bool PollSet::add(int fd, uint32_t events) {
  if (used_ == waiters_.size()) return false;
  waiters_[used_].fd = fd;
  waiters_[used_++].events = events;
  return true;
}

bool PollSet::has_unknown() const {
  for (size_t i = 0; i < used_; i++) {
    if (is_closed(i) && fcntl(waiters_[i].fd, F_GETFD) < 0) return true;
  }
  return false;
}

hub::Wake PollSet::wait(int64_t deadline) {
  hub::Wait wait;
  wait.descriptors = {waiters_.data(), used_};
  return hub::Hub::here()->wait(wait, deadline);
}

}  // namespace greenify::calls
