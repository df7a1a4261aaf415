#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>

#include "calls/blocking.h"
#include "calls/green_calls.h"

// open(2), pread(2), pwrite(2), fsync(2), flock(2), fcntl(2), lockf(3). The kernel cannot poll
// files: what is at hand is done aboard, the rest on an offload thread.
namespace greenify::calls {
namespace {

using NowCall = ssize_t (*)(int, const iovec*, int, off_t, int);

// Transfers as much as can be without waiting (preadv2(2), RWF_NOWAIT), the rest on an offload
// thread. A transfer of nothing is the end of the file.
template <class Really>
ssize_t transfer(int fd, const iovec* vectors, int count, off_t offset, NowCall now,
                 Really really) {
  if (!green::may_suspend()) return really(vectors, count, offset);
  const int error = errno;
  const size_t size = total_bytes(vectors, count);
  iovec rest[IOV_MAX];
  size_t done = 0;
  const auto position = [&] { return offset + static_cast<off_t>(done); };
  while (done < size) {
    const int kept = skip_bytes(vectors, count, done, rest);
    const ssize_t moved = now(fd, rest, kept, position(), RWF_NOWAIT);
    if (moved == 0) break;
    if (moved > 0) {
      done += static_cast<size_t>(moved);
      continue;
    }
    errno = error;
    const auto wait = [&] { return really(rest, kept, position()); };
    return add_rest(done, is_in_memory(fd) ? wait() : offloaded(wait));
  }
  errno = error;
  return static_cast<ssize_t>(done);
}

// Vectors of which something is to be transferred; the kernel says what is wrong with others.
bool transferable(const iovec* vectors, int count) {
  return count > 0 && count <= IOV_MAX && total_bytes(vectors, count) > 0;
}

template <class Really>
int open_file(int directory, const char* path, int flags, Really really) {
  if (green::current() == nullptr) return really();
  // Looking whether the file is one that opening waits for would itself wait on a slow mount.
  const bool waits = may_be_slow(directory, path) || opening_may_wait(directory, path, flags);
  return waits ? offloaded_if_green(really) : really();
}

bool is_lock_wait(int command) {
  return command == F_SETLKW || command == F_OFD_SETLKW;
}

// Takes a lock at once where it is free; waits for it on an offload thread where it is not. All
// these locks belong to the process or to the open file, never to a kernel thread (fcntl(2),
// flock(2)).
template <class Try, class Really>
int take_lock(Try attempt, Really really) {
  const int error = errno;
  const int result = attempt();
  if (result == 0 || (errno != EAGAIN && errno != EACCES)) return result;
  errno = error;
  return offloaded_if_green(really);
}

}  // namespace

ssize_t green_preadv(int fd, const iovec* vectors, int count, off_t offset) {
  const bool direct = green::current() == nullptr || !transferable(vectors, count) || offset < 0 ||
                      !has_type(fd, S_IFREG);
  if (direct) return original.preadv(fd, vectors, count, offset);
  return transfer(fd, vectors, count, offset, preadv2,
                  [fd](const iovec* rest, int kept, off_t position) {
                    return original.preadv(fd, rest, kept, position);
                  });
}

ssize_t green_pwritev(int fd, const iovec* vectors, int count, off_t offset) {
  const bool direct = green::current() == nullptr || !transferable(vectors, count) || offset < 0 ||
                      !has_type(fd, S_IFREG);
  if (direct) return original.pwritev(fd, vectors, count, offset);
  return transfer(fd, vectors, count, offset, pwritev2,
                  [fd](const iovec* rest, int kept, off_t position) {
                    return original.pwritev(fd, rest, kept, position);
                  });
}

// preadv2(2): the offset -1 is the file's own position. Flags ask for what the device does (write
// through, append): an offload thread waits for it.
ssize_t green_preadv2(int fd, const iovec* vectors, int count, off_t offset, int flags) {
  const auto really = [=] { return original.preadv2(fd, vectors, count, offset, flags); };
  if (green::current() == nullptr || (flags & RWF_NOWAIT) != 0) return really();
  if (flags != 0) return offloaded_if_green(really);
  return offset == -1 ? green_readv(fd, vectors, count) : green_preadv(fd, vectors, count, offset);
}

ssize_t green_pwritev2(int fd, const iovec* vectors, int count, off_t offset, int flags) {
  const auto really = [=] { return original.pwritev2(fd, vectors, count, offset, flags); };
  if (green::current() == nullptr || (flags & RWF_NOWAIT) != 0) return really();
  if (flags != 0) return offloaded_if_green(really);
  return offset == -1 ? green_writev(fd, vectors, count)
                      : green_pwritev(fd, vectors, count, offset);
}

ssize_t green_pread(int fd, void* buffer, size_t size, off_t offset) {
  if (green::current() == nullptr || size == 0) return original.pread(fd, buffer, size, offset);
  const iovec vector{buffer, size};
  return green_preadv(fd, &vector, 1, offset);
}

ssize_t green_pwrite(int fd, const void* buffer, size_t size, off_t offset) {
  if (green::current() == nullptr || size == 0) return original.pwrite(fd, buffer, size, offset);
  const iovec vector{const_cast<void*>(buffer), size};
  return green_pwritev(fd, &vector, 1, offset);
}

ssize_t green_pread_chk(int fd, void* buffer, size_t size, off_t offset, size_t buffer_size) {
  if (size > buffer_size) return original.pread_chk(fd, buffer, size, offset, buffer_size);
  return green_pread(fd, buffer, size, offset);
}

// open(2), fcntl(2): the last argument may not be there. What is in its register is handed on then,
// and nobody looks at it: a variable argument goes where a named one would (System V ABI for
// x86-64, 3.5.7; AAPCS64, 6.4.2).
int green_open(const char* path, int flags, mode_t mode) {
  return open_file(AT_FDCWD, path, flags, [=] { return original.open(path, flags, mode); });
}

int green_openat(int directory, const char* path, int flags, mode_t mode) {
  return open_file(directory, path, flags,
                   [=] { return original.openat(directory, path, flags, mode); });
}

int green_open_2(const char* path, int flags) {
  return open_file(AT_FDCWD, path, flags, [=] { return original.open_2(path, flags); });
}

int green_openat_2(int directory, const char* path, int flags) {
  return open_file(directory, path, flags,
                   [=] { return original.openat_2(directory, path, flags); });
}

int green_creat(const char* path, mode_t mode) {
  return open_file(AT_FDCWD, path, O_WRONLY, [=] { return original.creat(path, mode); });
}

int green_fsync(int fd) {
  return offloaded_if_green([=] { return original.fsync(fd); });
}

int green_fdatasync(int fd) {
  return offloaded_if_green([=] { return original.fdatasync(fd); });
}

int green_flock(int fd, int operation) {
  if (green::current() == nullptr || (operation & LOCK_NB) != 0) {
    return original.flock(fd, operation);
  }
  return take_lock([=] { return original.flock(fd, operation | LOCK_NB); },
                   [=] { return original.flock(fd, operation); });
}

int green_fcntl(int fd, int command, void* argument) {
  if (green::current() == nullptr || !is_lock_wait(command)) {
    return original.fcntl(fd, command, argument);
  }
  const int attempt = command == F_SETLKW ? F_SETLK : F_OFD_SETLK;
  return take_lock([=] { return original.fcntl(fd, attempt, argument); },
                   [=] { return original.fcntl(fd, command, argument); });
}

int green_lockf(int fd, int command, off_t size) {
  if (green::current() == nullptr || command != F_LOCK) return original.lockf(fd, command, size);
  return take_lock([=] { return original.lockf(fd, F_TLOCK, size); },
                   [=] { return original.lockf(fd, F_LOCK, size); });
}

}  // namespace greenify::calls
