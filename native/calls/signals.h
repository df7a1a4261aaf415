#pragma once

#include <signal.h>

// sigwait(3), sigwaitinfo(2), sigtimedwait(2), sigsuspend(2), sigpause(3), pause(2), as green
// calls. Thread: any.
namespace greenify::calls {

int green_sigwait(const sigset_t* set, int* signal);
int green_sigwaitinfo(const sigset_t* set, siginfo_t* info);
int green_sigtimedwait(const sigset_t* set, siginfo_t* info, const timespec* timeout);
int green_sigsuspend(const sigset_t* mask);
int green_sigpause(int mask);
int green_sigpause_xpg(int signal);
int green_sigpause_either(int signal_or_mask, int is_signal);
int green_pause();

}  // namespace greenify::calls
