#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>

#include "calls/blocking.h"
#include "calls/green_calls.h"

// wait(2), waitpid(2), waitid(2), wait4(2). A pidfd tells the hub when one child has ended; for
// "any child" and for children that stop or continue there is no descriptor, so an offload thread
// waits.
namespace greenify::calls {
namespace {

// pidfd_open(2), Linux 5.3; -1 where the kernel lacks it or there is no such child.
int open_pidfd(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

enum class Ended { yes, no, unknown };

// Waits until the child ends. unknown: it cannot be watched.
Ended wait_for_end(pid_t pid) {
  const int pidfd = open_pidfd(pid);
  if (pidfd < 0) return Ended::unknown;
  const hub::Wake wake = hub::Hub::here()->wait_for(pidfd, EPOLLIN, hub::kNever);
  hub::closing(pidfd);
  original.close(pidfd);
  if (wake == hub::Wake::ready) return Ended::yes;
  if (wake == hub::Wake::none) return Ended::unknown;
  errno = error_of(wake);
  return Ended::no;
}

constexpr int kOtherChanges = WUNTRACED | WCONTINUED;

// `ask` makes the call with WNOHANG and gives 0 while nothing has happened.
template <class Ask, class Really>
pid_t wait_for_child(pid_t pid, int options, Ask ask, Really really) {
  const int error = errno;
  const pid_t found = ask();
  if (found != 0 || (options & WNOHANG) != 0) return found;
  if (!green::may_suspend()) {
    count_pin();
    return really();
  }
  if (pid <= 0 || (options & kOtherChanges) != 0) return offloaded(really);
  const Ended ended = wait_for_end(pid);
  if (ended == Ended::no) return -1;
  errno = error;
  // Somebody else may have taken the child's status: then the real call waits, or reports ECHILD.
  const pid_t result = ended == Ended::yes ? ask() : 0;
  return result != 0 ? result : offloaded(really);
}

}  // namespace

pid_t green_wait4(pid_t pid, int* status, int options, rusage* usage) {
  if (green::current() == nullptr) return original.wait4(pid, status, options, usage);
  return wait_for_child(
      pid, options, [=] { return original.wait4(pid, status, options | WNOHANG, usage); },
      [=] { return original.wait4(pid, status, options, usage); });
}

pid_t green_waitpid(pid_t pid, int* status, int options) {
  if (green::current() == nullptr) return original.waitpid(pid, status, options);
  return green_wait4(pid, status, options, nullptr);
}

pid_t green_wait(int* status) {
  if (green::current() == nullptr) return original.wait(status);
  return green_wait4(-1, status, 0, nullptr);
}

pid_t green_wait3(int* status, int options, rusage* usage) {
  if (green::current() == nullptr) return original.wait3(status, options, usage);
  return green_wait4(-1, status, options, usage);
}

// waitid(2): with WNOHANG and nothing to report it succeeds and says so by si_pid == 0.
int green_waitid(idtype_t type, id_t id, siginfo_t* info, int options) {
  if (green::current() == nullptr) return original.waitid(type, id, info, options);
  siginfo_t found{};
  const auto ask = [=, &found]() -> pid_t {
    found = {};
    if (original.waitid(type, id, &found, options | WNOHANG) != 0) return -1;
    return found.si_pid;
  };
  const auto really = [=, &found]() -> pid_t {
    return original.waitid(type, id, &found, options) == 0 ? 1 : -1;
  };
  const bool one_end = type == P_PID && (options & (WSTOPPED | WCONTINUED)) == 0;
  const pid_t pid = one_end ? static_cast<pid_t>(id) : -1;
  const pid_t result = wait_for_child(pid, options & WNOHANG, ask, really);
  if (result < 0) return -1;
  if (info != nullptr) *info = found;
  return 0;
}

}  // namespace greenify::calls
