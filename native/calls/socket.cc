#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <optional>

#include "calls/blocking.h"
#include "calls/green_calls.h"

// connect(2), recv(2), recvfrom(2), send(2), sendto(2), shutdown(2).
namespace greenify::calls {
namespace {

// An error that arrives behind data is for the next call to report; another attempt would take it.
bool error_is_next(int fd) {
  pollfd polled{fd, POLLIN, 0};
  int queued = 0;
  return original.poll(&polled, 1, 0) > 0 && (polled.revents & POLLERR) != 0 &&
         ioctl(fd, FIONREAD, &queued) == 0 && queued == 0;
}

// recv(2), MSG_WAITALL on a stream: returns with less than asked only at the end of the stream, on
// an error and when the receive timeout passes.
ssize_t receive_all(int fd, char* buffer, size_t size, int flags) {
  const int error = errno;
  const auto receive = [&](size_t done, int how) {
    return original.recv(fd, buffer + done, size - done, how);
  };
  size_t done = 0;
  std::optional<Patience> patience;
  while (done < size) {
    if (done > 0 && error_is_next(fd)) break;
    const ssize_t result = receive(done, (flags & ~MSG_WAITALL) | MSG_DONTWAIT);
    if (result > 0) {
      done += static_cast<size_t>(result);
      if (done < size && sockatmark(fd) == 1) break;  // urgent data ends what is asked for
      continue;
    }
    if (result == 0 || (!would_block(result) && done > 0)) break;
    if (!would_block(result)) return -1;
    if (!patience) patience = patience_of(fd, SO_RCVTIMEO);
    const Waited waited = patience->blocks ? wait_ready(fd, EPOLLIN, *patience) : not_waited();
    if (waited == Waited::failed && done == 0) return -1;
    if (waited == Waited::failed) break;
    if (waited == Waited::unwatchable) {
      return add_rest(done, offloaded([&] { return receive(done, flags); }));
    }
  }
  errno = error;
  return static_cast<ssize_t>(done);
}

// A connection that cannot be made at once goes on in the kernel, as it does for a non-blocking
// socket. The flag is set for the time of the call only; nobody else runs on this kernel thread
// meanwhile.
int connect_now(int fd, const sockaddr* address, socklen_t size, int flags) {
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  const int result = original.connect(fd, address, size);
  const int error = errno;
  fcntl(fd, F_SETFL, flags);
  errno = error;
  return result;
}

}  // namespace

int green_connect(int fd, const sockaddr* address, socklen_t size) {
  if (green::current() == nullptr) return original.connect(fd, address, size);
  const int error = errno;
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_NONBLOCK) != 0) return original.connect(fd, address, size);
  if (!green::may_suspend()) {
    count_pin();
    return original.connect(fd, address, size);
  }
  errno = error;
  const int result = connect_now(fd, address, size, flags);
  if (result == 0) return 0;
  // unix(7): a full backlog is EAGAIN, and no descriptor tells when there is room.
  if (errno == EAGAIN) {
    errno = error;
    return offloaded([=] { return original.connect(fd, address, size); });
  }
  if (errno != EINPROGRESS) return result;
  const Waited waited = wait_ready(fd, EPOLLOUT, patience_of(fd, SO_SNDTIMEO));
  if (waited == Waited::failed) {
    if (errno == EAGAIN) errno = EINPROGRESS;  // socket(7): connect() after SO_SNDTIMEO
    return -1;
  }
  // connect(2) again: it no longer waits, and leaves the socket in the very state the blocking call
  // would.
  errno = error;
  return original.connect(fd, address, size);
}

ssize_t green_recvfrom(int fd, void* buffer, size_t size, int flags, sockaddr* from,
                       socklen_t* from_size) {
  if (green::current() == nullptr || never_waits(flags)) {
    return original.recvfrom(fd, buffer, size, flags, from, from_size);
  }
  const auto receive = [=](int how) {
    return original.recvfrom(fd, buffer, size, how, from, from_size);
  };
  const socklen_t room = from_size != nullptr ? *from_size : 0;
  const auto attempt = [=] {
    if (from_size != nullptr) *from_size = room;
    return receive(flags | MSG_DONTWAIT);
  };
  const auto really = [=] {
    if (from_size != nullptr) *from_size = room;
    return receive(flags);
  };
  const bool all = (flags & MSG_WAITALL) != 0 && size > 0;
  if (all && green::may_suspend() && socket_option(fd, SO_TYPE) == SOCK_STREAM) {
    // Peeking takes nothing out, so "more has arrived" cannot be waited for: the real call can.
    if ((flags & MSG_PEEK) != 0) return offloaded(really);
    if (from_size != nullptr) *from_size = 0;  // recv(2): a stream has no source address to give
    return receive_all(fd, static_cast<char*>(buffer), size, flags);
  }
  const int error = errno;
  const ssize_t result = until_ready(fd, EPOLLIN, SO_RCVTIMEO, attempt, really);
  if (size > 0 || !has_received_nothing(fd, result)) return result;
  if (from_size != nullptr) *from_size = 0;
  errno = error;
  return 0;
}

ssize_t green_recv(int fd, void* buffer, size_t size, int flags) {
  if (green::current() == nullptr) return original.recv(fd, buffer, size, flags);
  return green_recvfrom(fd, buffer, size, flags, nullptr, nullptr);
}

ssize_t green_recv_chk(int fd, void* buffer, size_t size, size_t buffer_size, int flags) {
  if (size > buffer_size) return original.recv_chk(fd, buffer, size, buffer_size, flags);
  return green_recv(fd, buffer, size, flags);
}

ssize_t green_recvfrom_chk(int fd, void* buffer, size_t size, size_t buffer_size, int flags,
                           sockaddr* from, socklen_t* from_size) {
  if (size > buffer_size) {
    return original.recvfrom_chk(fd, buffer, size, buffer_size, flags, from, from_size);
  }
  return green_recvfrom(fd, buffer, size, flags, from, from_size);
}

ssize_t green_sendto(int fd, const void* buffer, size_t size, int flags, const sockaddr* to,
                     socklen_t to_size) {
  const auto* bytes = static_cast<const char*>(buffer);
  const auto send_behind = [=](size_t done, int how) {
    return original.sendto(fd, bytes + done, size - done, how, to, to_size);
  };
  if (green::current() == nullptr) return send_behind(0, flags);
  if (never_waits(flags)) return expecting_answer(fd, send_behind(0, flags));
  return expecting_answer(
      fd, until_all_sent(
              fd, size, [=](size_t done) { return send_behind(done, flags | MSG_DONTWAIT); },
              [=](size_t done) { return send_behind(done, flags); }));
}

ssize_t green_send(int fd, const void* buffer, size_t size, int flags) {
  if (green::current() == nullptr) return original.send(fd, buffer, size, flags);
  return green_sendto(fd, buffer, size, flags, nullptr, 0);
}

// shutdown(2): the kernel itself wakes whoever polls the socket, and so the hub.
int green_shutdown(int fd, int how) {
  return original.shutdown(fd, how);
}

}  // namespace greenify::calls
