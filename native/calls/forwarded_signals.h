#pragma once

#include <signal.h>

namespace greenify::calls {

// While one lives, signals of a set that are sent to the process reach this loop thread, which
// blocks them. Linux gives such a signal to any thread that does not block it, and to one that
// waits for it in sigwait(3) or sigsuspend(2) before all others (complete_signal() in Linux); a
// green thread's wait is none that the kernel knows of, and the threads of Node and V8 block
// nothing. So whichever takes the signal hands it on.
//
// No handler is run for them, not those of Node either (process.on('SIGUSR2')), unless the loop
// thread lets them in.
class ForwardedSignals {
 public:
  enum class Which { all, handled };  // those for which there is a handler

  ForwardedSignals(const sigset_t& set, Which which);
  ~ForwardedSignals();
  ForwardedSignals(const ForwardedSignals&) = delete;
  ForwardedSignals& operator=(const ForwardedSignals&) = delete;
  // Somebody may have put a handler in place of ours: libuv does, for SIGCHLD, with each first
  // child of several.
  void renew();

 private:
  sigset_t set_;
};

// A SIGCHLD was taken while a ForwardedSignals had it: libuv looks which of Node's children have
// ended. A thread that really waits would have kept Node from that; here others go on.
void tell_node_of_children();

// What a forwarded signal says of its origin is as it was.
void restore_code(siginfo_t& info);

}  // namespace greenify::calls
