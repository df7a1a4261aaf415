#include "calls/executable.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <cerrno>
#include <vector>

#include "calls/blocking.h"
#include "calls/call_sites.h"
#include "calls/green_calls.h"
#include "calls/mounts.h"

namespace greenify::calls {
namespace {

// Whether monkeyPatch() has asked for all green threads; a green thread asks for itself while it is
// in a function of greenify/green/*.
std::atomic<bool> asked_by_all{false};

bool is_asked() {
  const green::Thread* me = green::current();
  return me != nullptr && (me->asked != 0 || asked_by_all.load(std::memory_order_relaxed));
}

// -- fs.*Sync

bool is_nonblocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

// OpenSSL's socket BIO, for addons that bind the executable's OpenSSL. No lock is held: an SSL
// object belongs to its user. Sockets of libuv's own do not block, and nobody else here has any
// that do.
bool is_openssls(int fd) {
  const int error = errno;
  const bool blocking_socket = !is_nonblocking(fd) && has_type(fd, S_IFSOCK);
  errno = error;
  return blocking_socket;
}

// What console.log writes to when standard output is a file: it stays where it is in the order of
// what the program says.
bool is_log(int fd) {
  const bool standard = fd == STDOUT_FILENO || fd == STDERR_FILENO;
  return standard && has_type(fd, S_IFREG);
}

// A call that may be suspended when one of libuv's file operations makes it.
template <auto Plain, auto Green>
struct FileCall;

template <class Result, class... Arguments, Result (*Originals::*Plain)(Arguments...),
          Result (*Green)(Arguments...)>
struct FileCall<Plain, Green> {
  static Result call(Arguments... arguments) {
    if (!is_asked() || !is_file_call(__builtin_return_address(0))) {
      return (original.*Plain)(arguments...);
    }
    return Green(arguments...);
  }
};

// A call that waits on slow mounts only. Of its arguments the first one and further paths say
// where it goes.
template <auto Plain>
struct NameCall;

template <class Result, class First, class... Rest, Result (*Originals::*Plain)(First, Rest...)>
struct NameCall<Plain> {
  static Result call(First first, Rest... rest) {
    const auto really = [=] { return (original.*Plain)(first, rest...); };
    if (!is_asked() || !is_file_call(__builtin_return_address(0))) return really();
    return goes_to_slow_mount(first, rest...) ? offloaded_if_green(really) : really();
  }
};

// Looking whether the file is one that opening waits for would itself wait on a slow mount. What is
// to be cut off may still be on its way to the disk, and is waited for.
int executable_open(const char* path, int flags, mode_t mode) {
  const auto really = [=] { return original.open(path, flags, mode); };
  if (!is_asked() || !is_file_call(__builtin_return_address(0))) return really();
  const bool waits = (flags & O_TRUNC) != 0 || may_be_slow(path);
  return waits ? offloaded_if_green(really) : green_open(path, flags, mode);
}

// -- spawnSync, which runs a private loop: node::SyncProcessRunner

// The epoll instance of the private loop that each green thread has open, by its index; -1 where
// there is none. Nothing else makes one on a green thread, and JavaScript does not run while it is
// there, so one is enough.
thread_local std::vector<int> private_loops;

int& private_loop() {
  const size_t index = green::current()->index;
  if (index >= private_loops.size()) private_loops.resize(index + 1, -1);
  return private_loops[index];
}

// The fork(2) that follows takes its time on the loop thread, the longer the larger the process is:
// others go first.
int executable_epoll_create1(int flags) {
  if (!is_asked()) return original.epoll_create1(flags);
  if (green::may_suspend()) hub::Hub::here()->step_aside();
  const int fd = original.epoll_create1(flags);
  if (fd >= 0) private_loop() = fd;
  return fd;
}

// Whoever waits for the descriptor is told first. close(2) of a written file on a network file
// system waits for the server.
template <class Really>
auto close_with(int fd, const void* site, Really really) {
  hub::closing(fd);
  if (green::current() == nullptr) return really();
  if (private_loop() == fd) private_loop() = -1;
  const bool slow = is_asked() && is_file_call(site) && may_be_slow(fd);
  return slow ? offloaded_if_green(really) : really();
}

int executable_close(int fd) {
  return close_with(fd, __builtin_return_address(0), [=] { return original.close(fd); });
}

// Waits until `fd` is readable; nothing but that ends the wait, because libuv aborts the process
// over any error but EINTR (uv__io_poll() and uv__spawn_and_init_child() in libuv).
bool until_readable(int fd, int64_t deadline) {
  const int error = errno;
  hub::FdWaiter waiter;
  waiter.fd = fd;
  waiter.events = EPOLLIN;
  hub::Wait wait;
  wait.descriptors = {&waiter, 1};
  wait.cancellable = false;
  const hub::Wake wake = hub::Hub::here()->wait(wait, deadline);
  errno = error;
  return wake == hub::Wake::ready;
}

// uv_spawn() waits for its child to have called exec by reading an error number from a pipe, whose
// end tells that there was none. In a private loop nobody else has anything of that loop, and the
// child's end is noticed whenever the loop is run; in the environment's own loop, it would be
// missed when it came before uv_spawn() returns.
bool is_exec_pipe(int fd, size_t size) {
  if (size != sizeof(int) || private_loop() < 0) return false;
  const int error = errno;
  const bool blocking_pipe = !is_nonblocking(fd) && has_type(fd, S_IFIFO);
  errno = error;
  return blocking_pipe;
}

// libuv's signal lock is a pipe too, and is taken in signal handlers: it has one byte.
ssize_t executable_read(int fd, void* buffer, size_t size) {
  if (green::current() == nullptr) return original.read(fd, buffer, size);
  const bool asked = is_asked();
  if (asked && is_file_call(__builtin_return_address(0))) return green_read(fd, buffer, size);
  if (asked && is_exec_pipe(fd, size)) {
    if (green::may_suspend()) {
      until_readable(fd, hub::kNever);
    } else {
      count_pin();
    }
    return original.read(fd, buffer, size);
  }
  return is_openssls(fd) ? green_read(fd, buffer, size) : original.read(fd, buffer, size);
}

ssize_t executable_write(int fd, const void* buffer, size_t size) {
  if (green::current() == nullptr) return original.write(fd, buffer, size);
  const bool is_file = is_asked() && is_file_call(__builtin_return_address(0));
  const bool may_wait = is_file ? !is_log(fd) : is_openssls(fd);
  return may_wait ? green_write(fd, buffer, size) : original.write(fd, buffer, size);
}

// The environment's own loop never waits here: it is run in a green thread only when the process,
// or the worker, ends in one.
int executable_epoll_pwait(int fd, epoll_event* events, int most, int timeout_ms,
                           const sigset_t* signals) {
  if (!is_asked() || hub::Hub::here()->is_backend(fd)) {
    return original.epoll_pwait(fd, events, most, timeout_ms, signals);
  }
  const int ready = original.epoll_pwait(fd, events, most, 0, signals);
  if (ready != 0 || timeout_ms == 0) return ready;
  if (!green::may_suspend()) {
    count_pin();
    return original.epoll_pwait(fd, events, most, timeout_ms, signals);
  }
  const int64_t deadline =
      timeout_ms < 0 ? hub::kNever : hub::deadline_in(int64_t{timeout_ms} * 1'000'000);
  // What woke it may be gone: then libuv takes it for an interruption, and waits again.
  if (!until_readable(fd, deadline)) return original.epoll_pwait(fd, events, most, 0, signals);
  const int fired = original.epoll_pwait(fd, events, most, 0, signals);
  if (fired != 0) return fired;
  errno = EINTR;
  return -1;
}

// -- What else takes its time: cutting off what is on its way to the disk, copying

int green_ftruncate(int fd, off_t size) {
  return offloaded_if_green([=] { return original.ftruncate(fd, size); });
}

ssize_t green_copy_file_range(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                              unsigned flags) {
  return offloaded_if_green(
      [=] { return original.copy_file_range(in, in_offset, out, out_offset, size, flags); });
}

// statx(2): a path, or the descriptor alone with AT_EMPTY_PATH.
bool is_slow_statx(long directory, const char* path) {
  const bool named = path != nullptr && *path != '\0';
  return named ? may_be_slow(path) : may_be_slow(static_cast<int>(directory));
}

// libuv makes these three by syscall(2). V8's and others' futexes go straight through: no other
// number is ever looked at.
long executable_syscall(long number, long a, long b, long c, long d, long e, long f) {
  const auto really = [=] { return original.syscall(number, a, b, c, d, e, f); };
  if (number == SYS_close) {
    return close_with(static_cast<int>(a), __builtin_return_address(0), really);
  }
  if (!is_asked()) return really();
  if (number != SYS_copy_file_range && number != SYS_statx) return really();
  if (!is_file_call(__builtin_return_address(0))) return really();
  const bool slow =
      number == SYS_copy_file_range || is_slow_statx(a, reinterpret_cast<const char*>(b));
  return slow ? offloaded_if_green(really) : really();
}

template <class Function>
ExecutableRow row(const char* name, Function* replacement, Family family = Family::stdlib) {
  return {name, family, Family::stdlib, reinterpret_cast<void*>(replacement)};
}

// clang-format off
const ExecutableRow kRows[] = {
    // Of libuv's file operations, without any lock; SQLite's, under its own, go straight through.
    row("open", executable_open),
    row("open64", executable_open),
    row("readv", FileCall<&Originals::readv, green_readv>::call),
    row("writev", FileCall<&Originals::writev, green_writev>::call),
    row("pread", FileCall<&Originals::pread, green_pread>::call),
    row("pread64", FileCall<&Originals::pread, green_pread>::call),
    row("pwrite", FileCall<&Originals::pwrite, green_pwrite>::call),
    row("pwrite64", FileCall<&Originals::pwrite, green_pwrite>::call),
    row("preadv", FileCall<&Originals::preadv, green_preadv>::call),
    row("preadv64", FileCall<&Originals::preadv, green_preadv>::call),
    row("pwritev", FileCall<&Originals::pwritev, green_pwritev>::call),
    row("pwritev64", FileCall<&Originals::pwritev, green_pwritev>::call),
    row("fsync", FileCall<&Originals::fsync, green_fsync>::call),
    row("fdatasync", FileCall<&Originals::fdatasync, green_fdatasync>::call),
    row("ftruncate", FileCall<&Originals::ftruncate, green_ftruncate>::call),
    row("ftruncate64", FileCall<&Originals::ftruncate, green_ftruncate>::call),
    // The same, on slow mounts.
    row("access", NameCall<&Originals::access>::call),
    row("chmod", NameCall<&Originals::chmod>::call),
    row("chown", NameCall<&Originals::chown>::call),
    row("closedir", NameCall<&Originals::closedir>::call),
    row("fchmod", NameCall<&Originals::fchmod>::call),
    row("fchown", NameCall<&Originals::fchown>::call),
    row("futimens", NameCall<&Originals::futimens>::call),
    row("lchown", NameCall<&Originals::lchown>::call),
    row("link", NameCall<&Originals::link>::call),
    row("mkdir", NameCall<&Originals::mkdir>::call),
    row("mkdtemp", NameCall<&Originals::mkdtemp>::call),
    row("opendir", NameCall<&Originals::opendir>::call),
    row("readdir", NameCall<&Originals::readdir>::call),
    row("readdir64", NameCall<&Originals::readdir>::call),
    row("readlink", NameCall<&Originals::readlink>::call),
    row("realpath", NameCall<&Originals::realpath>::call),
    row("rename", NameCall<&Originals::rename>::call),
    row("rmdir", NameCall<&Originals::rmdir>::call),
    row("scandir", NameCall<&Originals::scandir>::call),
    row("scandir64", NameCall<&Originals::scandir>::call),
    row("statfs", NameCall<&Originals::statfs>::call),
    row("statfs64", NameCall<&Originals::statfs>::call),
    row("symlink", NameCall<&Originals::symlink>::call),
    row("unlink", NameCall<&Originals::unlink>::call),
    row("utimensat", NameCall<&Originals::utimensat>::call),
    row("syscall", executable_syscall),
    // Of libuv's and of C++'s own copying of files (fs.cpSync), without any lock.
    row("sendfile", green_sendfile),
    row("sendfile64", green_sendfile),
    row("copy_file_range", green_copy_file_range),
    // os.userInfo(), os.homedir(), process.setuid() and their like, without any lock.
    row("getpwnam_r", green_getpwnam_r),
    row("getpwuid_r", green_getpwuid_r),
    row("getgrnam_r", green_getgrnam_r),
    row("getgrgid_r", green_getgrgid_r),
    // libuv's file operations, OpenSSL's socket BIO, uv_spawn() in a private loop.
    row("read", executable_read, Family::socket),
    row("write", executable_write, Family::socket),
    // Everybody: whoever waits for the descriptor in a green thread is told. Never waits.
    row("close", executable_close),
    // uv_run() of private loops, without any lock.
    row("epoll_create1", executable_epoll_create1),
    row("epoll_pwait", executable_epoll_pwait),
};
// clang-format on

}  // namespace

void ask_for_all() {
  asked_by_all.store(true, std::memory_order_relaxed);
}

std::span<const ExecutableRow> executable_rows() {
  return kRows;
}

}  // namespace greenify::calls
