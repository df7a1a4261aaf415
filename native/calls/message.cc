#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <optional>

#include "calls/blocking.h"
#include "calls/green_calls.h"
#include "calls/poll_set.h"

// accept(2), recvmsg(2), sendmsg(2), recvmmsg(2), sendmmsg(2), sendfile(2), splice(2).
namespace greenify::calls {
namespace {

// Accepting from other than a listening socket fails at once, and so does receiving from one.
bool can_accept(int fd) {
  return socket_option(fd, SO_ACCEPTCONN) == 1;
}
bool can_receive(int fd) {
  return socket_option(fd, SO_ACCEPTCONN) == 0;
}

size_t message_size(const msghdr& message) {
  size_t size = 0;
  if (message.msg_iov == nullptr) return 0;
  for (size_t i = 0; i < message.msg_iovlen; i++) size += message.msg_iov[i].iov_len;
  return size;
}

// The rest of a message behind its first `done` bytes. Control data goes with the first byte.
ssize_t send_behind(int fd, const msghdr& message, int flags, size_t done) {
  if (done == 0) return original.sendmsg(fd, &message, flags);
  iovec rest[IOV_MAX];
  msghdr remainder = message;
  remainder.msg_control = nullptr;
  remainder.msg_controllen = 0;
  remainder.msg_iov = rest;
  remainder.msg_iovlen = static_cast<size_t>(
      skip_bytes(message.msg_iov, static_cast<int>(message.msg_iovlen), done, rest));
  return original.sendmsg(fd, &remainder, flags);
}

// What recvmsg(2) overwrites, to ask with again.
struct Room {
  explicit Room(const msghdr& message)
      : name(message.msg_namelen), control(message.msg_controllen) {}
  void restore(msghdr& message) const {
    message.msg_namelen = name;
    message.msg_controllen = control;
  }
  socklen_t name;
  size_t control;
};

}  // namespace

int green_accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  if (green::current() == nullptr || !can_accept(fd)) {
    return original.accept4(fd, address, size, flags);
  }
  return offloaded_when_ready(fd, EPOLLIN, SO_RCVTIMEO,
                              [=] { return original.accept4(fd, address, size, flags); });
}

int green_accept(int fd, sockaddr* address, socklen_t* size) {
  if (green::current() == nullptr) return original.accept(fd, address, size);
  return green_accept4(fd, address, size, 0);
}

ssize_t green_recvmsg(int fd, msghdr* message, int flags) {
  if (green::current() == nullptr || message == nullptr || never_waits(flags)) {
    return original.recvmsg(fd, message, flags);
  }
  const Room room(*message);
  const auto attempt = [=] {
    room.restore(*message);
    return original.recvmsg(fd, message, flags | MSG_DONTWAIT);
  };
  const auto really = [=] {
    room.restore(*message);
    return original.recvmsg(fd, message, flags);
  };
  const size_t size = message_size(*message);
  if ((flags & MSG_WAITALL) != 0 && size > 0) {
    if (!can_receive(fd)) return really();
    return offloaded_when_ready(fd, EPOLLIN, SO_RCVTIMEO, really);
  }
  const int error = errno;
  const ssize_t result = until_ready(fd, EPOLLIN, SO_RCVTIMEO, attempt, really);
  if (size > 0 || !has_received_nothing(fd, result)) return result;
  message->msg_namelen = 0;
  message->msg_controllen = 0;
  message->msg_flags = 0;
  errno = error;
  return 0;
}

ssize_t green_sendmsg(int fd, const msghdr* message, int flags) {
  if (green::current() == nullptr) return original.sendmsg(fd, message, flags);
  const bool direct = message == nullptr || never_waits(flags) || message->msg_iovlen > IOV_MAX;
  if (direct) return expecting_answer(fd, original.sendmsg(fd, message, flags));
  const auto send = [=](size_t done, int how) { return send_behind(fd, *message, how, done); };
  return expecting_answer(fd, until_all_sent(
                                  fd, message_size(*message),
                                  [=](size_t done) { return send(done, flags | MSG_DONTWAIT); },
                                  [=](size_t done) { return send(done, flags); }));
}

// recvmmsg(2): waits until the vector is full; its timeout is looked at only between messages.
int green_recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  if (green::current() == nullptr || never_waits(flags) || !can_receive(fd)) {
    return original.recvmmsg(fd, messages, count, flags, timeout);
  }
  if (timeout != nullptr && !valid_timeout(*timeout)) {
    return original.recvmmsg(fd, messages, count, flags, timeout);
  }
  // The time runs from here, not from when the first message has come.
  const int64_t deadline = deadline_of(timeout);
  const auto really = [=] {
    if (timeout != nullptr) *timeout = remaining_until(deadline).value_or(*timeout);
    return original.recvmmsg(fd, messages, count, flags, timeout);
  };
  const bool nothing = count > 0 && messages != nullptr && message_size(messages[0].msg_hdr) == 0;
  if (nothing) return offloaded_if_green(really);
  return offloaded_when_ready(fd, EPOLLIN, SO_RCVTIMEO, really);
}

// sendmmsg(2): one message after another; an error behind the first is not reported.
int green_sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
  if (green::current() == nullptr || never_waits(flags)) {
    return original.sendmmsg(fd, messages, count, flags);
  }
  const int error = errno;
  const unsigned most = std::min<unsigned>(count, IOV_MAX);
  for (unsigned i = 0; i < most; i++) {
    const ssize_t sent = green_sendmsg(fd, &messages[i].msg_hdr, flags);
    if (sent < 0 && i == 0) return -1;
    if (sent < 0) {
      errno = error;
      return static_cast<int>(i);
    }
    messages[i].msg_len = static_cast<unsigned>(sent);
  }
  return static_cast<int>(most);
}

// sendfile(2), splice(2): either end may make them wait.
ssize_t green_sendfile(int out, int in, off_t* offset, size_t count) {
  const auto really = [=] { return original.sendfile(out, in, offset, count); };
  return offloaded_if_green(really);
}

ssize_t green_splice(int in, off64_t* in_offset, int out, off64_t* out_offset, size_t size,
                     unsigned flags) {
  const auto really = [=] { return original.splice(in, in_offset, out, out_offset, size, flags); };
  return offloaded_if_green(really);
}

}  // namespace greenify::calls
