#include "calls/blocking.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "calls/original.h"

namespace greenify::calls {

// statx(2): AT_STATX_DONT_SYNC asks no server of a network file system.
bool has_type(int fd, mode_t type) {
  struct statx status;
  constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  return statx(fd, "", kFlags, STATX_TYPE, &status) == 0 && (status.stx_mode & S_IFMT) == type;
}

bool opening_may_wait(int directory, const char* path, int flags) {
  if ((flags & (O_NONBLOCK | O_PATH)) != 0) return false;
  const int error = errno;
  struct stat status;
  const bool found = path != nullptr && fstatat(directory, path, &status, 0) == 0;
  errno = error;
  if (!found) return false;
  return S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode);
}

bool is_shut_down(int fd) {
  pollfd polled{fd, POLLRDHUP, 0};
  return original.poll(&polled, 1, 0) == 1 && (polled.revents & POLLRDHUP) != 0;
}

bool has_received_nothing(int fd, ssize_t result) {
  if (!would_block(result)) return false;
  return socket_option(fd, SO_PROTOCOL) == IPPROTO_TCP && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

std::optional<int> socket_option(int fd, int option) {
  const int error = errno;
  int value = 0;
  socklen_t size = sizeof value;
  const bool is_socket = getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0;
  errno = error;
  return is_socket ? std::optional(value) : std::nullopt;
}

Patience patience_of(int fd, int timeout_option) {
  const int flags = fcntl(fd, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) != 0) return {false, 0};
  timeval timeout{};
  socklen_t size = sizeof timeout;
  if (getsockopt(fd, SOL_SOCKET, timeout_option, &timeout, &size) != 0) return {true, hub::kNever};
  if (timeout.tv_sec == 0 && timeout.tv_usec == 0) return {true, hub::kNever};
  if (timeout.tv_sec > hub::kNever / 1'000'000'000 - 1) return {true, hub::kNever};
  return {true, hub::deadline_in(timeout.tv_sec * 1'000'000'000 + timeout.tv_usec * 1'000)};
}

int error_of(hub::Wake wake) {
  switch (wake) {
    case hub::Wake::closed:
      return EBADF;
    case hub::Wake::cancelled:
      return ECANCELED;
    default:
      return EAGAIN;  // socket(7): a receive or send timeout has passed
  }
}

Waited wait_ready(int fd, uint32_t events, const Patience& patience, uint32_t* fired) {
  const hub::Wake wake = hub::Hub::here()->wait_for(fd, events, patience.deadline, fired);
  if (wake == hub::Wake::ready) return Waited::retry;
  if (wake == hub::Wake::none) return Waited::unwatchable;
  errno = error_of(wake);
  return Waited::failed;
}

}  // namespace greenify::calls
