#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <climits>

#include "calls/blocking.h"
#include "calls/green_calls.h"

// read(2), write(2), readv(2), writev(2), close(2), dup(2) on sockets, pipes, FIFOs, ttys, eventfds
// and whatever else the kernel can poll.
namespace greenify::calls {
namespace {

bool countable(int count) {
  return count > 0 && count <= IOV_MAX;
}

bool is_nonblocking(int fd) {
  const int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

// preadv2(2): RWF_NOWAIT transfers what can be without waiting; the offset -1 is the file's own
// position. Drivers that do not know the flag (ttys; eventfds for writing) say EOPNOTSUPP.
ssize_t read_now(int fd, const iovec* vectors, int count) {
  return preadv2(fd, vectors, count, -1, RWF_NOWAIT);
}

ssize_t write_now(int fd, const iovec* vectors, int count) {
  return pwritev2(fd, vectors, count, -1, RWF_NOWAIT);
}

using VectorCall = ssize_t (*)(int, const iovec*, int);

// A transfer of what is behind the first `done` bytes.
ssize_t behind(VectorCall call, int fd, const iovec* vectors, int count, size_t done) {
  if (done == 0) return call(fd, vectors, count);
  iovec rest[IOV_MAX];
  return call(fd, rest, skip_bytes(vectors, count, done, rest));
}

// A read that got less than asked for is done, but for regular files: there it was what the page
// cache holds, and the rest, if any, is on the disk.
ssize_t finish_read(int fd, const iovec* vectors, int count, size_t done) {
  if (!has_type(fd, S_IFREG)) return static_cast<ssize_t>(done);
  const int error = errno;
  const ssize_t more = behind(read_now, fd, vectors, count, done);
  if (!would_block(more)) return add_rest(done, more);
  errno = error;
  return add_rest(
      done, offloaded_if_green([&] { return behind(original.readv, fd, vectors, count, done); }));
}

ssize_t write_elsewhere(int fd, const iovec* vectors, int count) {
  const auto really = [=] { return original.writev(fd, vectors, count); };
  return is_nonblocking(fd) ? really() : offloaded_if_green(really);
}

// Pipes, sockets and files have nothing to say to a read of nothing. Others do: inotify(7) waits
// for the first event.
bool may_wait_for_nothing(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return false;
  return !S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode) && !S_ISREG(status.st_mode);
}

// write(2) of nothing is an empty datagram on a socket, for which there may be no room.
ssize_t write_nothing(int fd, const void* buffer) {
  const int error = errno;
  const ssize_t sent = green_send(fd, buffer, 0, 0);
  if (sent >= 0 || errno != ENOTSOCK) return sent;
  errno = error;
  return original.write(fd, buffer, 0);
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
  const auto really = [=] { return original.readv(fd, vectors, count); };
  if (green::current() == nullptr || !countable(count)) return really();
  const size_t size = total_bytes(vectors, count);
  if (size == 0) return really();
  const int error = errno;
  int attempts = 0;
  const auto attempt = [=, &attempts] {
    attempts++;
    return read_now(fd, vectors, count);
  };
  const ssize_t result = until_ready(fd, EPOLLIN, SO_RCVTIMEO, attempt, really);
  const bool cut_short = result > 0 && static_cast<size_t>(result) < size;
  // What could be waited for is no regular file.
  if (cut_short && attempts == 1) {
    return finish_read(fd, vectors, count, static_cast<size_t>(result));
  }
  if (result >= 0 || errno != EOPNOTSUPP) return result;
  errno = error;
  // A server of files is even asked whether one may be polled.
  if (has_type(fd, S_IFREG) && may_be_slow(fd)) return offloaded_if_green(really);
  return offloaded_when_ready(fd, EPOLLIN, SO_RCVTIMEO, really);
}

ssize_t green_read(int fd, void* buffer, size_t size) {
  const auto really = [=] { return original.read(fd, buffer, size); };
  if (green::current() == nullptr) return really();
  // read(2) of nothing is not readv(2) of nothing: the driver is asked, and may refuse, or wait.
  if (size == 0) return may_wait_for_nothing(fd) ? offloaded_if_green(really) : really();
  const iovec vector{buffer, size};
  return green_readv(fd, &vector, 1);
}

ssize_t green_writev(int fd, const iovec* vectors, int count) {
  if (green::current() == nullptr || !countable(count)) return original.writev(fd, vectors, count);
  const size_t size = total_bytes(vectors, count);
  if (size == 0) return original.writev(fd, vectors, count);
  const int error = errno;
  const ssize_t sent = until_all_sent(
      fd, size, [=](size_t done) { return behind(write_now, fd, vectors, count, done); },
      [=](size_t done) { return behind(original.writev, fd, vectors, count, done); });
  if (sent >= 0 || errno != EOPNOTSUPP) return sent;
  errno = error;
  return write_elsewhere(fd, vectors, count);
}

ssize_t green_write(int fd, const void* buffer, size_t size) {
  if (green::current() == nullptr) return original.write(fd, buffer, size);
  if (size == 0) return write_nothing(fd, buffer);
  const iovec vector{const_cast<void*>(buffer), size};
  return green_writev(fd, &vector, 1);
}

// glibc's fortified form: aborts when the buffer is too small for the size asked.
ssize_t green_read_chk(int fd, void* buffer, size_t size, size_t buffer_size) {
  if (size > buffer_size) return original.read_chk(fd, buffer, size, buffer_size);
  return green_read(fd, buffer, size);
}

// Everybody who waits for the descriptor is woken before the number is free for something else.
// close(2) of a written file on a network file system waits for the server.
int green_close(int fd) {
  hub::closing(fd);
  if (green::current() != nullptr && green::may_suspend() && (lingers(fd) || may_be_slow(fd))) {
    return offloaded([=] { return original.close(fd); });
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
