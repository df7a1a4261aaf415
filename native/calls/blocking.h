#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <optional>

#include "calls/mounts.h"
#include "calls/vectors.h"
#include "green/thread.h"
#include "hub/hub.h"

// How a call that would block becomes a wait on the hub. Thread: loop, in a green thread.
namespace greenify::calls {

inline bool would_block(ssize_t result) {
  return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

// A green thread makes a call that really blocks: it cannot be suspended here.
inline void count_pin() {
  hub::Hub::here()->pinned();
}

// Whether `fd` is a file of this type (inode(7): S_IFREG and so on).
bool has_type(int fd, mode_t type);

// Whether opening may wait: FIFOs wait for the other end, devices for their driver (open(2)). Keeps
// errno.
bool opening_may_wait(int directory, const char* path, int flags);

// socket(7): an option of level SOL_SOCKET that is an int; nothing for what is no socket. Keeps
// errno.
std::optional<int> socket_option(int fd, int option);

// The flags of calls that never wait, whatever the descriptor: recv(2).
inline bool never_waits(int flags) {
  return (flags & (MSG_DONTWAIT | MSG_ERRQUEUE)) != 0;
}

// What the descriptor itself says about waiting: O_NONBLOCK, and the socket's receive or send
// timeout.
struct Patience {
  bool blocks;
  int64_t deadline;
};

// `timeout_option`: SO_RCVTIMEO or SO_SNDTIMEO; socket(7).
Patience patience_of(int fd, int timeout_option);

// The errno of a wait that ended without the descriptor getting ready.
int error_of(hub::Wake wake);

// unwatchable: the hub has no way to tell; an offload thread must make the real call.
enum class Waited { retry, failed, unwatchable };

// Waits for `events` until `patience` ends. failed: errno is set.
Waited wait_ready(int fd, uint32_t events, const Patience& patience, uint32_t* fired = nullptr);

// Runs call() on an offload thread and gives its result, errno included.
template <class Call>
auto offloaded(Call call) -> decltype(call()) {
  struct Request {
    Call& call;
    decltype(call()) result;
  } request{call, {}};
  hub::Hub::here()->offload(
      [](void* argument) {
        auto& asked = *static_cast<Request*>(argument);
        asked.result = asked.call();
      },
      &request);
  return request.result;
}

// The same, where the caller may be on any stack: outside a green thread, and where nothing may be
// suspended, it is simply called.
template <class Call>
auto offloaded_if_green(Call call) -> decltype(call()) {
  if (green::current() == nullptr) return call();
  if (green::may_suspend()) return offloaded(call);
  count_pin();
  return call();
}

// Waits until `fd` is ready for a call that has no non-blocking form, then lets an offload thread
// make it: should somebody else be quicker, it waits there.
template <class Call>
auto offloaded_when_ready(int fd, uint32_t events, int timeout_option, Call call)
    -> decltype(call()) {
  if (!green::may_suspend()) {
    count_pin();
    return call();
  }
  const int error = errno;
  const Patience patience = patience_of(fd, timeout_option);
  if (!patience.blocks) return call();
  const Waited waited = wait_ready(fd, events, patience);
  if (waited == Waited::failed) return -1;
  errno = error;
  return waited == Waited::unwatchable && is_in_memory(fd) ? call() : offloaded(call);
}

// The descriptor does not block: the wait fails at once, with EAGAIN.
inline Waited not_waited() {
  errno = EAGAIN;
  return Waited::failed;
}

// What a call has done in all, when its last part was the real call.
inline ssize_t add_rest(size_t done, ssize_t rest) {
  if (rest < 0 && done == 0) return -1;
  return static_cast<ssize_t>(done) + (rest > 0 ? rest : 0);
}

// Whether a socket is shut down for receiving. One for datagrams then polls as readable for ever
// and says EAGAIN to those who do not wait; those who do get the end, at once (af_unix.c and
// datagram.c in Linux).
bool is_shut_down(int fd);

// A receive of no bytes waits as any other, but for TCP it is a success when its time is over
// (tcp_recvmsg_locked() in Linux).
bool has_received_nothing(int fd, ssize_t result);

// The current green thread has sent `sent` bytes there, and may poll for the answer next (poll.cc).
inline ssize_t expecting_answer(int fd, ssize_t sent) {
  if (sent > 0) green::current()->sent_to = fd;
  return sent;
}

// Repeats attempt(), which never blocks, until it no longer says EAGAIN, waiting for `events` in
// between, and gives its result. errno is left alone on success, as the blocking call would.
// `blocking` is the real call.
template <class Attempt, class Blocking>
ssize_t until_ready(int fd, uint32_t events, int timeout_option, Attempt attempt,
                    Blocking blocking) {
  const int error = errno;
  ssize_t result = attempt();
  if (!would_block(result)) return result;
  if (!green::may_suspend()) {
    count_pin();
    errno = error;
    return blocking();
  }
  const Patience patience = patience_of(fd, timeout_option);
  do {
    const Waited waited = patience.blocks ? wait_ready(fd, events, patience) : not_waited();
    if (waited == Waited::failed) return -1;
    if (waited == Waited::unwatchable) {
      errno = error;
      return offloaded(blocking);
    }
    result = attempt();
    if (would_block(result) && is_shut_down(fd)) {
      errno = error;
      return blocking();
    }
  } while (would_block(result));
  if (result >= 0) errno = error;
  return result;
}

// Being told that there is room and finding none this often means that room is not what the call
// waits for (a datagram socket that is not connected is always ready, unix(7)): the real call knows
// better.
constexpr int kVainWakes = 2;

// The same for calls that end only when all `size` bytes have gone: attempt(done) and
// blocking(done) go on behind the first `done` bytes. What has gone counts more than an error
// behind it.
template <class Attempt, class Blocking>
ssize_t until_all_sent(int fd, size_t size, Attempt attempt, Blocking blocking) {
  const int error = errno;
  size_t done = 0;
  int wakes_in_vain = -1;
  std::optional<Patience> patience;
  for (;;) {
    const ssize_t result = attempt(done);
    if (result > 0) done += static_cast<size_t>(result);
    wakes_in_vain = result > 0 ? 0 : wakes_in_vain + 1;
    if (result >= 0 && done >= size) break;
    if (result < 0 && !would_block(result) && done == 0) return -1;
    if (result < 0 && !would_block(result)) break;
    if (!green::may_suspend()) {
      count_pin();
      return add_rest(done, blocking(done));
    }
    if (!patience) patience = patience_of(fd, SO_SNDTIMEO);
    uint32_t fired = 0;
    const Waited waited =
        patience->blocks ? wait_ready(fd, EPOLLOUT, *patience, &fired) : not_waited();
    if (waited == Waited::unwatchable || wakes_in_vain == kVainWakes) {
      errno = error;
      return add_rest(done, offloaded([&] { return blocking(done); }));
    }
    if (waited == Waited::failed && done == 0) return -1;
    if (waited == Waited::failed) break;
    // An error that arrives behind sent data is for the next call to report; another attempt would
    // take it.
    if (done > 0 && (fired & (EPOLLERR | EPOLLHUP)) != 0) break;
  }
  errno = error;
  return static_cast<ssize_t>(done);
}

}  // namespace greenify::calls
