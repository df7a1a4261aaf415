#include "calls/forwarded_signals.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <vector>

namespace greenify::calls {
namespace {

struct Forwarding {
  // Read by the handler.
  std::atomic<pid_t> to{0};   // the kernel thread that last began to wait
  struct sigaction before{};  // constant while the handler is installed

  std::vector<pid_t> waiters;  // one for each wait
};

std::mutex forwardings_mutex;
Forwarding forwardings[NSIG];

// signal(7): what a processor raises belongs to the instruction that did it.
bool is_fault(int signal) {
  switch (signal) {
    case SIGSEGV:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGTRAP:
    case SIGSYS:
      return true;
    default:
      return false;
  }
}

// rt_tgsigqueueinfo(2) lets nobody but the thread itself say that a signal comes from the kernel,
// from kill(2) or from tgkill(2): these codes are 0 and more, and SI_TKILL. So all of them are
// written as negative ones that nobody uses.
constexpr int kCodes = 0x10000;

siginfo_t encoded(const siginfo_t& info) {
  siginfo_t result = info;
  result.si_code -= kCodes;
  return result;
}

bool is_handler(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 ||
         (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
}

void run_handler(const struct sigaction& action, int signal, siginfo_t* info, void* context) {
  if (!is_handler(action)) return;
  if ((action.sa_flags & SA_SIGINFO) != 0) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

void forward(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  Forwarding& forwarding = forwardings[signal];
  const pid_t to = forwarding.to.load(std::memory_order_relaxed);
  if (gettid() == to) {
    restore_code(*info);
    run_handler(forwarding.before, signal, info, context);
  } else {
    siginfo_t sent = encoded(*info);
    syscall(SYS_rt_tgsigqueueinfo, getpid(), to, signal, &sent);
  }
  errno = error;
}

void install(int signal, Forwarding& forwarding) {
  struct sigaction ours{};
  ours.sa_sigaction = forward;
  ours.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&ours.sa_mask);
  sigaction(signal, nullptr, &forwarding.before);
  if (sigaction(signal, &ours, nullptr) != 0) forwarding.before = {};
}

bool is_installed(int signal) {
  struct sigaction current{};
  sigaction(signal, nullptr, &current);
  return (current.sa_flags & SA_SIGINFO) != 0 && current.sa_sigaction == forward;
}

// Unless somebody has put another one there meanwhile.
void uninstall(int signal, const Forwarding& forwarding) {
  if (is_installed(signal)) sigaction(signal, &forwarding.before, nullptr);
}

// A signal without a handler does what it does wherever it is taken.
void leave_out_unhandled(sigset_t& set) {
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction action{};
    const bool handled = sigaction(signal, nullptr, &action) == 0 && is_handler(action);
    if (!handled) sigdelset(&set, signal);
  }
}

template <class Action>
void for_each_forwarded(const sigset_t& set, Action action) {
  const std::lock_guard lock(forwardings_mutex);
  for (int signal = 1; signal < NSIG; signal++) {
    const bool may_be_handled = signal != SIGKILL && signal != SIGSTOP && !is_fault(signal);
    if (may_be_handled && sigismember(&set, signal) == 1) action(signal, forwardings[signal]);
  }
}

}  // namespace

void restore_code(siginfo_t& info) {
  if (info.si_code < -kCodes / 2) info.si_code += kCodes;
}

// libuv's handler runs with all signals blocked, as it asks for.
void tell_node_of_children() {
  struct sigaction action{};
  {
    const std::lock_guard lock(forwardings_mutex);
    action = forwardings[SIGCHLD].before;
  }
  if (!is_handler(action) || (action.sa_flags & SA_SIGINFO) != 0) return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  action.sa_handler(SIGCHLD);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ForwardedSignals::ForwardedSignals(const sigset_t& set, Which which) : set_(set) {
  if (which == Which::handled) leave_out_unhandled(set_);
  for_each_forwarded(set_, [](int signal, Forwarding& forwarding) {
    forwarding.waiters.push_back(gettid());
    forwarding.to = gettid();
    if (forwarding.waiters.size() == 1) install(signal, forwarding);
  });
}

void ForwardedSignals::renew() {
  for_each_forwarded(set_, [](int signal, Forwarding& forwarding) {
    if (!is_installed(signal)) install(signal, forwarding);
  });
}

// `to` stays when nobody waits any more: a handler may be about to read it.
ForwardedSignals::~ForwardedSignals() {
  for_each_forwarded(set_, [](int signal, Forwarding& forwarding) {
    forwarding.waiters.erase(std::ranges::find(forwarding.waiters, gettid()));
    if (forwarding.waiters.empty()) {
      uninstall(signal, forwarding);
    } else {
      forwarding.to = forwarding.waiters.back();
    }
  });
}

}  // namespace greenify::calls
