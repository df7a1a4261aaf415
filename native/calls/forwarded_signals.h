#pragma once

#include <signal.h>

namespace greenify::calls {

// While one lives, signals of a set that are sent to the process reach this loop thread, which
// blocks them. Linux gives such a signal to any thread that does not block it, and to one that waits
// for it in sigwait(3) or sigsuspend(2) before all others (complete_signal() in Linux); a green
// thread's wait is none that the kernel knows of, and the threads of Node and V8 block nothing. So
// whichever takes the signal hands it on.
//
// A handler that is there (Node's: process.on('SIGUSR2'), the ends of children) is run besides, or
// kept back: sigsuspend() lets the signal in when it has arrived, and that runs the handler.
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

// What a forwarded signal says of its origin is as it was.
void restore_code(siginfo_t& info);

}  // namespace greenify::calls
