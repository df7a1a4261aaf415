#pragma once

#include <signal.h>

namespace greenify::calls {

// While one lives, signals of a set that are sent to the process reach this loop thread, which
// blocks them. Linux gives such a signal to any thread that does not block it, and to one that waits
// for it in sigwait(3) or sigsuspend(2) before all others (complete_signal() in Linux); a green
// thread's wait is none that the kernel knows of, and the threads of Node and V8 block nothing. So
// whichever takes the signal hands it on.
//
// Whether a handler that is there (Node's: process.on('SIGUSR2'), the ends of children) is run
// besides: sigsuspend() runs it by itself when the signal has arrived.
class ForwardedSignals {
 public:
  enum class Handlers { run, kept_back };

  ForwardedSignals(const sigset_t& set, Handlers handlers);
  ~ForwardedSignals();
  ForwardedSignals(const ForwardedSignals&) = delete;
  ForwardedSignals& operator=(const ForwardedSignals&) = delete;

 private:
  sigset_t set_;
  const Handlers handlers_;
};

}  // namespace greenify::calls
