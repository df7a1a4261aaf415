#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <climits>

#include "calls/blocking.h"
#include "calls/green_calls.h"
#include "calls/table.h"

// read(2), write(2), readv(2), writev(2), close(2), dup(2) on sockets, pipes, FIFOs, ttys, eventfds
// and whatever else the kernel can poll.
namespace greenify::calls {
namespace {

enum class Kind {
  pollable,
  file,    // a regular file, and the `file` family is on
  direct,  // poll(2) says always ready, and so do we; or no open descriptor, which the original
           // reports
};

Kind kind_of(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return Kind::direct;
  if (S_ISREG(status.st_mode)) {
    return regular_files_wait.load(std::memory_order_relaxed) ? Kind::file : Kind::direct;
  }
  return S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode) ? Kind::direct : Kind::pollable;
}

bool ready_now(int fd, short events) {
  pollfd polled{fd, events, 0};
  return original.poll(&polled, 1, 0) != 0;
}

// preadv2(2): RWF_NOWAIT reads what is there; the offset -1 means the file's own position. Files
// whose driver does not know the flag (ttys; pipes before Linux 5.9) are asked first and read when
// they are ready.
ssize_t read_now(int fd, const iovec* vectors, int count) {
  const ssize_t result = preadv2(fd, vectors, count, -1, RWF_NOWAIT);
  if (result >= 0 || errno != EOPNOTSUPP) return result;
  if (ready_now(fd, POLLIN)) return original.readv(fd, vectors, count);
  errno = EAGAIN;
  return -1;
}

bool countable(int count) {
  return count > 0 && count <= IOV_MAX;
}

using VectorCall = ssize_t (*)(int, const iovec*, int);

ssize_t write_now(int fd, const iovec* vectors, int count) {
  return pwritev2(fd, vectors, count, -1, RWF_NOWAIT);
}

ssize_t write_behind(VectorCall call, int fd, const iovec* vectors, int count, size_t done) {
  if (done == 0) return call(fd, vectors, count);
  iovec rest[IOV_MAX];
  return call(fd, rest, skip_bytes(vectors, count, done, rest));
}

bool is_nonblocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

// A driver that does not know RWF_NOWAIT for writing (ttys, eventfds) takes what it likes: only the
// real call knows when it is done.
ssize_t write_elsewhere(int fd, const iovec* vectors, int count) {
  const auto really = [&] { return original.writev(fd, vectors, count); };
  if (is_nonblocking(fd)) return really();
  if (green::may_suspend()) return offloaded(really);
  count_pin();
  return really();
}

ssize_t write_vectors(int fd, const iovec* vectors, int count) {
  const int error = errno;
  const ssize_t sent = until_all_sent(
      fd, total_bytes(vectors, count),
      [&](size_t done) { return write_behind(write_now, fd, vectors, count, done); },
      [&](size_t done) { return write_behind(original.writev, fd, vectors, count, done); });
  if (sent >= 0 || errno != EOPNOTSUPP) return sent;
  errno = error;
  return write_elsewhere(fd, vectors, count);
}

// socket(7): with SO_LINGER, close() waits for queued data to be sent.
bool lingers(int fd) {
  const int error = errno;
  linger option{};
  socklen_t size = sizeof option;
  const bool lingering = getsockopt(fd, SOL_SOCKET, SO_LINGER, &option, &size) == 0 &&
                         option.l_onoff != 0 && option.l_linger > 0;
  errno = error;
  return lingering;
}

}  // namespace

ssize_t green_readv(int fd, const iovec* vectors, int count) {
  if (green::current() == nullptr || !countable(count)) return original.readv(fd, vectors, count);
  const Kind kind = total_bytes(vectors, count) == 0 ? Kind::direct : kind_of(fd);
  if (kind == Kind::direct) return original.readv(fd, vectors, count);
  if (kind == Kind::file) return read_file(fd, vectors, count);
  return until_ready(
      fd, EPOLLIN, SO_RCVTIMEO, [&] { return read_now(fd, vectors, count); },
      [&] { return original.readv(fd, vectors, count); });
}

ssize_t green_read(int fd, void* buffer, size_t size) {
  if (green::current() == nullptr) return original.read(fd, buffer, size);
  const iovec vector{buffer, size};
  return green_readv(fd, &vector, 1);
}

ssize_t green_writev(int fd, const iovec* vectors, int count) {
  if (green::current() == nullptr || !countable(count)) return original.writev(fd, vectors, count);
  const Kind kind = total_bytes(vectors, count) == 0 ? Kind::direct : kind_of(fd);
  if (kind == Kind::direct) return original.writev(fd, vectors, count);
  if (kind == Kind::file) return write_file(fd, vectors, count);
  return write_vectors(fd, vectors, count);
}

ssize_t green_write(int fd, const void* buffer, size_t size) {
  if (green::current() == nullptr) return original.write(fd, buffer, size);
  const iovec vector{const_cast<void*>(buffer), size};
  return green_writev(fd, &vector, 1);
}

ssize_t executable_read(int fd, void* buffer, size_t size) {
  if (green::current() == nullptr || is_nonblocking(fd)) return original.read(fd, buffer, size);
  return green_read(fd, buffer, size);
}

ssize_t executable_write(int fd, const void* buffer, size_t size) {
  if (green::current() == nullptr || is_nonblocking(fd)) return original.write(fd, buffer, size);
  return green_write(fd, buffer, size);
}

// glibc's fortified form: aborts when the buffer is too small for the size asked.
ssize_t green_read_chk(int fd, void* buffer, size_t size, size_t buffer_size) {
  if (size > buffer_size) return original.read_chk(fd, buffer, size, buffer_size);
  return green_read(fd, buffer, size);
}

// Everybody who waits for the descriptor is woken before the number is free for something else.
int green_close(int fd) {
  hub::closing(fd);
  if (green::current() != nullptr && green::may_suspend() && lingers(fd)) {
    return offloaded([&] { return original.close(fd); });
  }
  return original.close(fd);
}

int green_dup(int fd) {
  return original.dup(fd);
}

// dup(2): `to` is closed silently first, unless it is `from` itself or the call fails.
int green_dup2(int from, int to) {
  const int result = original.dup2(from, to);
  if (result >= 0 && from != to) hub::closing(to);
  return result;
}

int green_dup3(int from, int to, int flags) {
  const int result = original.dup3(from, to, flags);
  if (result >= 0) hub::closing(to);
  return result;
}

}  // namespace greenify::calls
