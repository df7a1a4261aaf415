#pragma once

#include <locale.h>

namespace greenify::green {

// What libc and the C++ runtime keep per kernel thread and a green thread must take along: errno,
// h_errno, the thread's locale, and the exceptions being handled (Itanium C++ ABI 2.2.2,
// __cxa_eh_globals). The floating-point control words travel in the switch itself.
//
// Both functions are never inlined: a compiler may keep the address of a thread_local (&errno) in a
// register, and callers move between kernel threads.
struct KernelState {
  int error = 0;
  int host_error = 0;
  locale_t locale = nullptr;  // nullptr: leave the locale of the kernel thread as it is
  void* caught_exceptions = nullptr;
  unsigned int uncaught_exceptions = 0;

  [[gnu::noinline]] static KernelState capture();
  [[gnu::noinline]] void apply() const;
};

}  // namespace greenify::green
