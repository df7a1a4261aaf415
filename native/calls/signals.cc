#include "calls/signals.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>

#include "calls/blocking.h"
#include "calls/forwarded_signals.h"
#include "calls/original.h"
#include "calls/poll_set.h"
#include "calls/whole.h"

// Signals belong to a kernel thread: its mask says which it takes, and only it can take those sent
// to it. So these waits are never offloaded: a signalfd tells the hub when there is one for the
// loop thread, which then takes it by the call itself, made without waiting.
namespace greenify::calls {
namespace {

using Sigwait = int(const sigset_t*, int*);
using Sigwaitinfo = int(const sigset_t*, siginfo_t*);
using Sigtimedwait = int(const sigset_t*, siginfo_t*, const timespec*);
using Sigsuspend = int(const sigset_t*);

// sigprocmask(2): two signals cannot be blocked, and two more are glibc's own (nptl(7)).
bool may_be_blocked(int signal) {
  return signal != SIGKILL && signal != SIGSTOP && (signal < 32 || signal >= SIGRTMIN);
}

// sigwait(3p): the signals are to be blocked. One that is not would be handled as ever while nobody
// really waits for it.
bool all_blocked(const sigset_t& set) {
  sigset_t blocked;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  for (int signal = 1; signal < NSIG; signal++) {
    const bool wanted = sigismember(&set, signal) == 1 && may_be_blocked(signal);
    if (wanted && sigismember(&blocked, signal) == 0) return false;
  }
  return true;
}

// The mask that lets in nothing but `set`.
sigset_t all_but(const sigset_t& set) {
  sigset_t mask;
  sigemptyset(&mask);
  for (int signal = 1; signal < NSIG; signal++) {
    if (sigismember(&set, signal) != 1) sigaddset(&mask, signal);
  }
  return mask;
}

// sigwaitinfo(2), glibc's: whether kill(2) or tgkill(2) was called is not told.
int take_now(const sigset_t* set, siginfo_t* info) {
  const int taken = plain<"sigtimedwait", Sigtimedwait>(set, info, &kNoTime);
  if (taken < 0 || info == nullptr) return taken;
  restore_code(*info);
  if (info->si_code == SI_TKILL) info->si_code = SI_USER;
  return taken;
}

// How often it is looked whether signals are still forwarded.
constexpr int64_t kRenewal = 100'000'000;

hub::Wake until_one_has_come(const AwaitedSignals& awaited, ForwardedSignals& forwarded,
                             int64_t deadline) {
  hub::Hub& hub = *hub::Hub::here();
  for (;;) {
    const int64_t renewal = std::min(deadline, hub::deadline_in(kRenewal));
    const hub::Wake wake = hub.wait_for(awaited.fd(), EPOLLIN, renewal);
    if (wake != hub::Wake::timeout || hub::now() >= deadline) return wake;
    forwarded.renew();
  }
}

// A signal of the set, or -1 with errno.
template <class Really>
int wait_for_signal(const sigset_t* set, siginfo_t* info, int64_t deadline, Really really) {
  const int error = errno;
  const int pending = take_now(set, info);
  if (pending >= 0 || errno != EAGAIN) return pending;
  errno = error;
  const sigset_t mask = all_but(*set);
  const AwaitedSignals awaited(&mask);
  if (!green::may_suspend() || !all_blocked(*set) || awaited.fd() < 0) {
    count_pin();
    errno = error;  // sigaddset(3) refuses glibc's own signals
    return really();
  }
  ForwardedSignals forwarded(*set, ForwardedSignals::Which::all);
  for (;;) {
    const hub::Wake wake = until_one_has_come(awaited, forwarded, deadline);
    const int taken = wake == hub::Wake::cancelled ? -1 : take_now(set, info);
    if (taken >= 0) {
      if (taken == SIGCHLD) tell_node_of_children();
      errno = error;
      return taken;
    }
    if (wake != hub::Wake::ready) {
      errno = error_of(wake);
      return -1;
    }
  }
}

// ppoll(2) of nothing lets in what is pending, and says whether a handler has run.
bool let_in(const sigset_t* mask) {
  return original.ppoll(nullptr, 0, &kNoTime, mask) < 0 && errno == EINTR;
}

// The signals that are blocked, and that `mask` lets in.
sigset_t let_in_by(const sigset_t& mask) {
  sigset_t blocked, both;
  pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  sigemptyset(&both);
  for (int signal = 1; signal < NSIG; signal++) {
    if (sigismember(&blocked, signal) == 1 && sigismember(&mask, signal) == 0)
      sigaddset(&both, signal);
  }
  return both;
}

}  // namespace

int green_sigtimedwait(const sigset_t* set, siginfo_t* info, const timespec* timeout) {
  const auto really = [=] { return plain<"sigtimedwait", Sigtimedwait>(set, info, timeout); };
  if (green::current() == nullptr) return really();
  if (timeout != nullptr && !valid_timeout(*timeout)) return really();
  if (timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_nsec == 0) return really();
  return wait_for_signal(set, info, deadline_of(timeout), really);
}

int green_sigwaitinfo(const sigset_t* set, siginfo_t* info) {
  const auto really = [=] { return plain<"sigwaitinfo", Sigwaitinfo>(set, info); };
  if (green::current() == nullptr) return really();
  return wait_for_signal(set, info, hub::kNever, really);
}

// sigwait(3): gives the error number, and is not interrupted.
int green_sigwait(const sigset_t* set, int* signal) {
  if (green::current() == nullptr) return plain<"sigwait", Sigwait>(set, signal);
  const int before = errno;
  const int taken = wait_for_signal(set, nullptr, hub::kNever, [=] {
    int found = 0;
    const int failure = plain<"sigwait", Sigwait>(set, &found);
    if (failure == 0) return found;
    errno = failure;
    return -1;
  });
  const int error = errno;
  errno = before;
  if (taken < 0) return error;
  *signal = taken;
  return 0;
}

// Where the mask lets in nothing that is blocked now, whatever ends the wait is handled as ever,
// and nobody can tell when.
int green_sigsuspend(const sigset_t* mask) {
  const auto really = [=] { return plain<"sigsuspend", Sigsuspend>(mask); };
  if (green::current() == nullptr || mask == nullptr) return really();
  const AwaitedSignals awaited(mask);
  if (!green::may_suspend() || awaited.fd() < 0) {
    count_pin();
    return really();
  }
  ForwardedSignals forwarded(let_in_by(*mask), ForwardedSignals::Which::handled);
  while (!let_in(mask)) {
    const hub::Wake wake = until_one_has_come(awaited, forwarded, hub::kNever);
    if (wake == hub::Wake::ready) continue;
    errno = error_of(wake);
    return -1;
  }
  errno = EINTR;
  return -1;
}

// sigpause(3), as BSD has it: of a mask there are 32 bits, signal 1 is the lowest.
int green_sigpause(int mask) {
  if (green::current() == nullptr) return plain<"sigpause", int(int)>(mask);
  sigset_t set;
  sigemptyset(&set);
  for (int signal = 1; signal <= 32; signal++) {
    if ((static_cast<unsigned>(mask) >> (signal - 1) & 1) != 0) sigaddset(&set, signal);
  }
  return green_sigsuspend(&set);
}

// And as System V has it: the signal is let in, besides those that are now.
int green_sigpause_xpg(int signal) {
  if (green::current() == nullptr) return plain<"__xpg_sigpause", int(int)>(signal);
  sigset_t set;
  pthread_sigmask(SIG_BLOCK, nullptr, &set);
  if (sigdelset(&set, signal) != 0) return -1;
  return green_sigsuspend(&set);
}

int green_sigpause_either(int signal_or_mask, int is_signal) {
  if (green::current() == nullptr)
    return plain<"__sigpause", int(int, int)>(signal_or_mask, is_signal);
  return is_signal != 0 ? green_sigpause_xpg(signal_or_mask) : green_sigpause(signal_or_mask);
}

// pause(2) is over when a handler has run on this thread, and only the kernel knows.
int green_pause() {
  if (green::current() != nullptr) count_pin();
  return plain<"pause", int()>();
}

}  // namespace greenify::calls
